import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock as clock } from '../../src/kernel/clock.ts'
import { silentLogger } from '../../src/kernel/logger.ts'
import { seededRandom } from '../../src/kernel/random.ts'
import { runMs } from '../../src/kernel/units.ts'
import { connectKube, type KubeConnection } from '../../src/kube/client.ts'
import { isLocalContext } from '../../src/kube/context-policy.ts'
import type { EventOf, EventType, RunEvent } from '../../src/model/events.ts'
import { type RolloutsResult, runRollouts } from '../../src/orchestrator/orchestrator.ts'
import { preflight } from '../../src/orchestrator/preflight.ts'
import { watchCluster } from '../../src/watchers/watch-cluster.ts'

const NAMESPACE = 'demo'
const NAME = 'demo'
let kube: KubeConnection

beforeAll(async () => {
  const writes = { namespace: NAMESPACE, name: NAME }
  kube = await connectKube({ clock, kubeconfig: null, context: null, env: process.env, writes })
  if (!isLocalContext(kube.context, kube.server)) throw new Error(`${kube.context} is not known to be local`)
})
afterAll(() => kube.close())

describe('a watched rollout of a real Deployment', () => {
  const facts: RunEvent[] = []
  let result: RolloutsResult
  const of = <T extends EventType>(type: T): EventOf<T>[] =>
    facts.filter((fact): fact is EventOf<T> => fact.type === type)

  beforeAll(async () => {
    const { reader, control } = kube
    const { deployment, services } = await preflight({
      reader,
      control,
      namespace: NAMESPACE,
      name: NAME,
      clock,
    })
    const originMs = clock.nowMs()
    const sink = (draft: Parameters<Parameters<typeof watchCluster>[0]['sink']>[0]): RunEvent => {
      const fact: RunEvent = { seq: facts.length + 1, atMs: runMs(clock.nowMs() - originMs), ...draft }
      facts.push(fact)
      return fact
    }
    const signal = new AbortController().signal
    const shared = { reader, sink, clock, log: silentLogger, signal }
    const watch = await watchCluster({ ...shared, deployment, services, originMs, random: seededRandom(1) })
    result = await runRollouts({
      ...shared,
      plan: { restarts: 2, baselineMs: 2000, settleMs: 2000, recoveryMs: 1000, timeoutMs: 120_000 },
      durationMs: null,
      target: deployment,
      view: watch,
      control,
      enterPhase: (phase, rollout) => sink({ type: 'phase.entered', phase, rollout }),
    })
    await watch.finish()
  }, 240_000)

  test('completes both restarts', () => {
    expect(result).toMatchObject({ outcome: 'completed', completed: 2 })
    expect(of('rollout.completed')).toHaveLength(2)
    expect(of('workload.changed').filter(({ foreign }) => foreign)).toEqual([])
  })

  test('sees each old pod end, in order, and each new pod come', () => {
    const seqOf = (type: EventType, uid: string): number =>
      facts.find(
        (fact) =>
          fact.type === type && 'pod' in fact && typeof fact.pod === 'object' && fact.pod?.uid === uid,
      )?.seq ?? Number.NaN
    for (const { oldPods, seq, index } of of('rollout.acknowledged')) {
      expect(oldPods.length).toBeGreaterThanOrEqual(2)
      const goneSeq = of('rollout.old-pods-gone').find((fact) => fact.index === index)?.seq ?? Number.NaN
      for (const { uid } of oldPods) {
        expect(seqOf('pod.terminating', uid)).toBeGreaterThan(seq)
        expect(seqOf('pod.deleted', uid)).toBeGreaterThan(seqOf('pod.terminating', uid))
        expect(seqOf('endpoint.removed', uid)).toBeGreaterThan(seq)
        expect(goneSeq).toBeGreaterThan(seqOf('pod.deleted', uid))
      }
    }
    const created = of('pod.created')
    expect(created.every(({ revision }) => revision !== null)).toBe(true)
  })

  test('stamps the beginning of each end within the clock offset of its receipt', () => {
    const offset = of('clock.offset').at(-1)
    const startedAtMs = Date.now() - (facts.at(-1)?.atMs ?? 0)
    expect(offset?.uncertaintyMs).toBeLessThan(100)
    for (const { cluster, atMs } of of('pod.terminating')) {
      if (cluster === null) throw new Error('no claim')
      const receivedAtMs = startedAtMs + atMs + (offset?.offsetMs ?? 0)
      expect(cluster.earliestAtMs).toBeLessThan(receivedAtMs + 200)
      expect(receivedAtMs - cluster.latestAtMs).toBeLessThan(2000)
    }
  })

  test('had its eyes open all the time, as audits show', () => {
    expect(of('watch.gap')).toEqual([])
    const audits = of('watch.audited')
    expect(audits.every(({ agrees }) => agrees)).toBe(true)
    expect(audits.filter(({ final }) => final)).toHaveLength(4)
  })
})

test('a name that is not there is refused with the near ones, and without a permission nothing is tried', async () => {
  const { reader, control } = kube
  await expect(preflight({ reader, control, namespace: NAMESPACE, name: 'dmo', clock })).rejects.toThrow(
    expect.objectContaining({ code: 'KUBE_NOT_FOUND', hint: expect.stringContaining('did you mean demo?') }),
  )
  const nobody = await connectKube({ clock, kubeconfig: null, context: null, env: process.env, as: 'nobody' })
  await expect(
    preflight({ reader: nobody.reader, control: nobody.control, namespace: NAMESPACE, name: NAME, clock }),
  ).rejects.toThrow(
    expect.objectContaining({
      code: 'KUBE_FORBIDDEN',
      message: expect.stringContaining('patch deployments.apps'),
    }),
  )
  await nobody.close()
})
