import { expect, test } from 'vitest'
import { HarnessError } from '../../../../src/kernel/errors.ts'
import { JOURNAL_ANNOTATION, type JournalRecord, journalText } from '../../../../src/model/journal.ts'
import type { VariantKind } from '../../../../src/model/variant.ts'
import { findOrphans, NO_ORPHANS } from '../../../../src/orchestrator/journal/orphans.ts'
import { createManualClock } from '../../../support/manual-clock.ts'

const SHOP_WEB = { namespace: 'shop', name: 'web' }

const record = (kind: VariantKind, name: string, of: JournalRecord['deployment']): JournalRecord => ({
  schemaVersion: 1,
  runId: 'run-1',
  version: '0',
  variant: 'v',
  writtenAtMs: 0,
  object: { kind, namespace: 'shop', name, uid: `${kind}-${name}` },
  changes: [],
  anchors: [],
  restart: null,
  specHash: 'h',
  templateHash: null,
  others: [],
  ...(of === undefined ? {} : { deployment: of }),
})

const object = (kind: VariantKind, name: string, journal: string | null) => ({
  kind,
  metadata: {
    namespace: 'shop',
    name,
    uid: `${kind}-${name}`,
    ...(journal === null ? {} : { annotations: { [JOURNAL_ANNOTATION]: journal } }),
  },
})

const find = (list: (kind: VariantKind) => Promise<readonly unknown[]>) => {
  const clock = createManualClock()
  return clock.runUntil(findOrphans(SHOP_WEB, { objects: { list }, clock, patienceMs: 1_000 }))
}

test('finds what bears a journal of a variant of this Deployment, whatever its uid was, and nothing else', async () => {
  const ofWeb = { name: 'web', uid: 'd0' }
  const services = [
    object('Service', 'web', journalText(record('Service', 'web', ofWeb))),
    object('Service', 'api', journalText(record('Service', 'api', { name: 'api', uid: 'd2' }))),
    object('Service', 'plain', null),
    object('Service', 'spoiled', '{'),
    object('Service', 'nobody', journalText(record('Service', 'nobody', undefined))),
  ]
  const { refs, deploymentUids, unread } = await find(async (kind) => (kind === 'Service' ? services : []))
  expect(refs).toEqual([{ kind: 'Service', namespace: 'shop', name: 'web', uid: 'Service-web' }])
  expect(deploymentUids).toEqual(['d0'])
  expect(unread).toEqual([])
})

test('says which kinds it may not list, and goes on with the others', async () => {
  const budget = object(
    'PodDisruptionBudget',
    'web',
    journalText(record('PodDisruptionBudget', 'web', { name: 'web', uid: 'd1' })),
  )
  const { refs, unread } = await find(async (kind) => {
    if (kind === 'Service') throw new HarnessError('KUBE_FORBIDDEN', 'no')
    if (kind === 'Ingress') throw new HarnessError('KUBE_NOT_FOUND', 'no such kind')
    return kind === 'PodDisruptionBudget' ? [budget] : []
  })
  expect(refs.map(({ kind }) => kind)).toEqual(['PodDisruptionBudget'])
  expect(unread).toEqual(['Service'])
})

test('an API server that does not answer for a moment is asked again; one that does not answer at all is an error', async () => {
  let asked = 0
  const flaky = async () => {
    asked += 1
    if (asked === 1) throw new HarnessError('KUBE_UNREACHABLE', 'no answer')
    return []
  }
  expect(await find(flaky)).toEqual(NO_ORPHANS)
  const dead = () => Promise.reject(new HarnessError('KUBE_UNREACHABLE', 'no answer'))
  await expect(find(dead)).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' })
})
