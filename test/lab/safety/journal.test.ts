import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openJournal, readJournal } from '../../../src/eventlog/journal-file.ts'
import { systemClock } from '../../../src/kernel/clock.ts'
import { connectKube, type KubeConnection } from '../../../src/kube/client.ts'
import type { DeploymentTarget } from '../../../src/kube/ports.ts'
import { JOURNAL_ANNOTATION } from '../../../src/model/journal.ts'
import { applyVariant } from '../../../src/orchestrator/journal/apply-variant.ts'
import { restoreVariant } from '../../../src/orchestrator/journal/restore-variant.ts'
import { specHash } from '../../../src/orchestrator/journal/spec-hash.ts'
import { underJournal } from '../../../src/orchestrator/journal/under-journal.ts'
import { restartPatch } from '../../../src/orchestrator/patch.ts'
import { webDeployment } from '../../support/lab-objects.ts'
import { restoreFrom } from '../../support/restore-from.ts'
import { type SmallCluster, startSmallCluster } from '../../support/small-run.ts'
import { MANY_CHANGES, variantContext } from '../../support/variant-setup.ts'

const DEPLOYMENT = '/apis/apps/v1/namespaces/shop/deployments/web'
const SERVICE = '/api/v1/namespaces/shop/services/web'
const BUDGETS = '/apis/policy/v1/namespaces/shop/poddisruptionbudgets'

let cluster: SmallCluster
let kube: KubeConnection
let target: DeploymentTarget
let folder: string

beforeEach(async () => {
  cluster = await startSmallCluster()
  const { lab } = cluster
  await lab.call('POST', BUDGETS, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
  })
  kube = await connectKube({
    clock: systemClock,
    kubeconfig: cluster.kubeconfig(),
    context: null,
    env: {},
    writes: {
      namespace: 'shop',
      name: 'web',
      variants: [
        { kind: 'Service', name: 'web' },
        { kind: 'PodDisruptionBudget', name: 'web' },
      ],
    },
  })
  const { uid } = await kube.reader.readDeployment('shop', 'web')
  target = { namespace: 'shop', name: 'web', uid }
  folder = mkdtempSync(join(tmpdir(), 'rollproof-journal-'))
})
afterEach(async () => {
  await kube.close()
  await cluster.stop()
  rmSync(folder, { recursive: true, force: true })
})

const read = async (path: string) => (await cluster.lab.call('GET', path)).body
const budget = `${BUDGETS}/web`

test('a variant is applied with its journal, rolls, is restarted, and is put back with proof', async () => {
  const before = await Promise.all([read(DEPLOYMENT), read(SERVICE), read(budget)])
  const journal = await openJournal(folder, {
    runId: 'run-1',
    version: '0.0.0',
    server: kube.server,
    clusterUid: null,
    deployment: target,
  })
  const context = variantContext(kube, target, journal)
  const applied = await applyVariant(MANY_CHANGES, context)
  expect(applied.rolls).toBe(true)
  const changed = await read(DEPLOYMENT)
  expect(changed.spec.template.spec.containers[0].lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } })
  expect(changed.metadata.annotations?.[JOURNAL_ANNOTATION]).toContain('"runId":"run-1"')
  expect((await read(budget)).spec.maxUnavailable).toBe(2)
  await cluster.lab.rolledOut('web')
  const control = underJournal(kube.control, journal)
  for (const second of [1, 2]) {
    await control.patchDeployment(
      target,
      restartPatch(target, new Date(systemClock.epochMs() + second).toISOString()),
    )
    await cluster.lab.rolledOut('web')
  }
  await journal.close()
  const local = await readJournal(folder)
  if (!local.ok) throw new Error(local.why)
  expect(local.journal.restarts).toHaveLength(2)
  const report = await restoreVariant({
    ...context,
    journal: null,
    local: { records: local.journal.open ?? [], restarts: local.journal.restarts },
  })
  expect(report.objects.map(({ object, state }) => `${object.kind} ${state}`)).toEqual([
    'Deployment restored',
    'Service restored',
    'PodDisruptionBudget restored',
  ])
  expect(report).toMatchObject({ isRestored: true, proof: { holds: true, isAvailable: true } })
  const after = await Promise.all([read(DEPLOYMENT), read(SERVICE), read(budget)])
  expect(after.map(specHash)).toEqual(before.map(specHash))
  expect(after.map(({ spec }) => spec)).toEqual(before.map(({ spec }) => spec))
  for (const object of after) expect(object.metadata.annotations?.[JOURNAL_ANNOTATION]).toBeUndefined()
})

test.each([
  ['deleted', 'Deployment deleted', false],
  ['made anew from its manifest', 'Deployment nothing', false],
  ['robbed of its journal', 'Deployment unreadable', true],
])(
  'when its Deployment was %s, a restore without any file finds what else a variant changed',
  async (what, told, isLeft) => {
    const before = await Promise.all([read(SERVICE), read(budget)])
    await applyVariant(MANY_CHANGES, variantContext(kube, target))
    if (what === 'robbed of its journal') {
      const annotations = { [JOURNAL_ANNOTATION]: null }
      const headers = { 'content-type': 'application/merge-patch+json' }
      await cluster.lab.call('PATCH', DEPLOYMENT, { metadata: { annotations } }, headers)
    } else {
      await cluster.lab.call('DELETE', DEPLOYMENT)
    }
    if (what === 'made anew from its manifest') {
      await cluster.lab.call('POST', '/apis/apps/v1/namespaces/shop/deployments', webDeployment())
    }
    const { isError, objects } = await restoreFrom(cluster.kubeconfig(), 'shop', null)
    expect(objects.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      told,
      'Service restored',
      'PodDisruptionBudget restored',
    ])
    expect(isError).toBe(isLeft)
    const after = await Promise.all([read(SERVICE), read(budget)])
    expect(after.map(({ spec, metadata }) => [spec, metadata.annotations])).toEqual(
      before.map(({ spec, metadata }) => [spec, metadata.annotations]),
    )
  },
)
