import { expect, test } from 'vitest'
import { hasCode } from '../../../../src/kernel/errors.ts'
import { JOURNAL_ANNOTATION } from '../../../../src/model/journal.ts'
import type { Variant } from '../../../../src/model/variant.ts'
import { autoscalerBounds } from '../../../../src/orchestrator/choreography/autoscaler.ts'
import { applyVariant } from '../../../../src/orchestrator/journal/apply-variant.ts'
import type { LocalKnowledge } from '../../../../src/orchestrator/journal/look.ts'
import { restoreVariant } from '../../../../src/orchestrator/journal/restore-variant.ts'
import type { ApiObject } from '../../../support/api-object.ts'
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts'
import { Crash, contextOf, createSmallStore, FATES, type SmallStore } from './small-store.ts'

const WEB = { kind: 'Deployment', namespace: 'shop', name: 'web' } as const
const SCALER = { kind: 'HorizontalPodAutoscaler', namespace: 'shop', name: 'web' } as const

const webObject = (): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', uid: 'd1', generation: 3 },
  spec: { replicas: 4, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } } },
})
const scalerObject = (minReplicas: number): object => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'shop', uid: 'h1' },
  spec: { minReplicas, maxReplicas: 8, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
})

/** To one replica. */
const VARIANT: Variant = {
  name: 'scale-down',
  patches: [autoscalerBounds('web', 1)],
  mayScale: true,
  scaledTo: 1,
}

interface Bench {
  readonly store: SmallStore
  readonly clock: ManualClock
  /** What the autoscaler does by its bounds alone. */
  scale(): void
}

/** With `eager` the autoscaler acts after each write; else when it is told. */
const bench = (minReplicas = 3, eager = false): Bench => {
  const store = createSmallStore([webObject(), scalerObject(minReplicas)])
  const edit = (change: (web: ApiObject) => void): void => {
    const web = structuredClone(store.get(WEB))
    change(web)
    store.put(web)
  }
  const scale = (): void => {
    const spec = store.find(SCALER)?.spec
    const { replicas } = store.get(WEB).spec
    const wanted = Math.min(spec?.maxReplicas ?? replicas, Math.max(spec?.minReplicas ?? replicas, replicas))
    if (wanted !== replicas)
      edit((web) => {
        web.spec.replicas = wanted
      })
  }
  if (!eager) return { store, clock: createManualClock(), scale }
  const { patch } = store.objects
  const objects = {
    ...store.objects,
    patch: async (...call: Parameters<typeof patch>) => {
      try {
        return await patch(...call)
      } finally {
        scale()
      }
    },
  }
  return { store: { ...store, objects }, clock: createManualClock(), scale }
}

const apply = (at: Bench) => at.clock.runUntil(applyVariant(VARIANT, contextOf(at)))
const restore = (at: Bench, local: LocalKnowledge | null = null) =>
  at.clock.runUntil(restoreVariant({ ...contextOf(at), local }))
const bounds = ({ store }: Bench) => {
  const { minReplicas, maxReplicas } = store.get(SCALER).spec
  return [minReplicas, maxReplicas]
}
const replicas = ({ store }: Bench): number => store.get(WEB).spec.replicas
const journals = ({ store }: Bench): readonly string[] =>
  [WEB, SCALER]
    .filter((object) => store.find(object)?.metadata.annotations?.[JOURNAL_ANNOTATION] !== undefined)
    .map(({ kind }) => kind)

test('the bounds are journaled on the autoscaler, and on the Deployment the number that it will set, which is not written', async () => {
  const at = bench()
  const { records, rolls } = await apply(at)
  expect(rolls).toBe(false)
  expect(records.map(({ object, changes }) => [object.kind, changes])).toEqual([
    ['Deployment', [{ path: '/spec/replicas', before: { value: 4 }, after: { value: 1 }, by: 'autoscaler' }]],
    [
      'HorizontalPodAutoscaler',
      [
        { path: '/spec/maxReplicas', before: { value: 8 }, after: { value: 1 } },
        { path: '/spec/minReplicas', before: { value: 3 }, after: { value: 1 } },
      ],
    ],
  ])
  expect([replicas(at), bounds(at), journals(at)]).toEqual([
    4,
    [1, 1],
    ['Deployment', 'HorizontalPodAutoscaler'],
  ])
})

test.each([
  ['has scaled down', 1, 4],
  ['has not acted yet', 4, 4],
  ['is on its way back to its lower bound', 3, 4],
  ['wants more by now', 6, 6],
  ['was overruled by somebody who switched it off', 0, 0],
])('a restore when the autoscaler %s finds %d replicas and leaves %d', async (_, found, after) => {
  const at = bench()
  await apply(at)
  const web = structuredClone(at.store.get(WEB))
  web.spec.replicas = found
  at.store.put(web)
  const report = await restore(at)
  expect(report).toMatchObject({ isRestored: true, proof: { holds: true } })
  expect([replicas(at), bounds(at), journals(at)]).toEqual([after, [3, 8], []])
})

test('bounds that others changed are left alone, and the number waits until they are settled', async () => {
  const at = bench()
  await apply(at)
  at.scale()
  const scaler = structuredClone(at.store.get(SCALER))
  scaler.spec.maxReplicas = 2
  at.store.put(scaler)
  const report = await restore(at)
  expect(report.isRestored).toBe(false)
  expect(report.objects.find(({ object }) => object.kind === SCALER.kind)).toMatchObject({
    state: 'conflict',
    command: expect.stringContaining('patch horizontalpodautoscaler web'),
  })
  expect([replicas(at), journals(at)]).toEqual([1, ['Deployment', 'HorizontalPodAutoscaler']])
  const settled = structuredClone(at.store.get(SCALER))
  settled.spec.maxReplicas = 8
  at.store.put(settled)
  expect((await restore(at)).isRestored).toBe(true)
  expect([replicas(at), bounds(at), journals(at)]).toEqual([4, [3, 8], []])
})

test('an autoscaler that was deleted meanwhile is not made again, and the number is put back', async () => {
  const at = bench()
  await apply(at)
  at.scale()
  at.store.remove(SCALER)
  const report = await restore(at)
  expect(report.isRestored).toBe(true)
  expect(replicas(at)).toBe(4)
  expect(at.store.find(SCALER)).toBeNull()
})

/** What the journal on disk tells. */
const localOf = ({ store }: Bench): LocalKnowledge => {
  const last = store.lines.findLast(({ type }) => type === 'applying' || type === 'restored')
  return { records: last?.type === 'applying' ? last.records : [], restarts: [] }
}

/** Applied, scaled down, put back; what a process does, until it dies or gives up. */
const run = async (at: Bench): Promise<'restored' | 'reported' | 'gave up' | 'died'> => {
  try {
    try {
      await applyVariant(VARIANT, contextOf(at))
      at.scale()
    } catch (error) {
      if (error instanceof Crash) throw error
      if (hasCode(error, 'NOT_RESTORED')) return 'reported'
    }
    const report = await restoreVariant({ ...contextOf(at), local: localOf(at) })
    return report.isRestored ? 'restored' : 'reported'
  } catch (error) {
    return error instanceof Crash ? 'died' : 'gave up'
  }
}

test.each([
  ['below its lower bound, by an autoscaler that acts at every moment', 3, true],
  ['within its bounds, by one that acts late', 1, false],
])('scaled %s: whichever call fails, a later restore puts all back', async (_, least, eager) => {
  const whole = bench(least, eager)
  expect(await whole.clock.runUntil(run(whole))).toBe('restored')
  const calls = whole.store.calls()
  const bad: string[] = []
  for (let step = 1; step <= calls; step++) {
    for (const [index, fate] of FATES.entries()) {
      const at = bench(least, eager)
      at.store.doom(step, fate)
      const end = await at.clock.runUntil(run(at))
      at.store.doom(0, 'ok')
      at.scale()
      const report = await restore(at, (step + index) % 2 === 0 ? localOf(at) : null)
      at.scale()
      const now = JSON.stringify([report.isRestored, replicas(at), bounds(at), journals(at)])
      if (now !== JSON.stringify([true, 4, [least, 8], []]))
        bad.push(`${fate} at ${step} of ${calls} (${end}): ${now} ${JSON.stringify(report.objects)}`)
    }
  }
  expect(calls).toBeGreaterThan(15)
  expect(bad).toEqual([])
})
