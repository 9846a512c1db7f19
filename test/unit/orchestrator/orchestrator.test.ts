import { describe, expect, test } from 'vitest'
import { silentLogger } from '../../../src/kernel/logger.ts'
import { epochMs, runMs } from '../../../src/kernel/units.ts'
import type { EventDraft } from '../../../src/model/events.ts'
import type { RolloutPlan } from '../../../src/model/scenario.ts'
import { runRollouts } from '../../../src/orchestrator/orchestrator.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { createFakeCluster, type FakeCluster, type FakeOptions } from './fake-cluster.ts'

const PLAN: RolloutPlan = {
  restarts: 2,
  baselineMs: 10_000,
  settleMs: 5000,
  recoveryMs: 5000,
  timeoutMs: 60_000,
}

const start = (
  more: Partial<RolloutPlan> = {},
  fake: Partial<FakeOptions> = {},
  durationMs: number | null = null,
) => {
  const clock = createManualClock()
  const cluster = createFakeCluster({ clock, ...fake })
  const facts: (EventDraft & { atMs: number })[] = []
  const phases: string[] = []
  const stop = new AbortController()
  const run = () =>
    runRollouts({
      plan: { ...PLAN, ...more },
      durationMs,
      target: { namespace: 'shop', name: 'web', uid: 'd-1' },
      ...cluster,
      sink: (draft) => {
        facts.push({ ...draft, atMs: clock.nowMs() })
        return { seq: facts.length, atMs: runMs(clock.nowMs()), ...draft }
      },
      enterPhase: (phase, rollout) =>
        phases.push(`${clock.nowMs()} ${phase}${rollout === null ? '' : ` ${rollout}`}`),
      clock,
      log: silentLogger,
      signal: stop.signal,
    })
  const types = () => facts.map(({ type }) => type).filter((type) => type !== 'rollout.progressed')
  return { clock, cluster, facts, phases, stop, run, types }
}

test('two restarts: each completes, its old pods go, it settles; then recovery', async () => {
  const { clock, cluster, facts, phases, run, types } = start()
  expect(await clock.runUntil(run())).toEqual({
    outcome: 'completed',
    completed: 2,
    wroteToCluster: true,
    reason: null,
    error: null,
  })
  expect(types()).toEqual([
    'rollout.requested',
    'rollout.acknowledged',
    'rollout.completed',
    'rollout.old-pods-gone',
    'rollout.requested',
    'rollout.acknowledged',
    'rollout.completed',
    'rollout.old-pods-gone',
  ])
  expect(phases).toEqual([
    '0 baseline',
    '10000 rollout 1',
    '15010 settle 1',
    '20010 rollout 2',
    '25020 settle 2',
    '30020 recovery',
  ])
  expect(clock.nowMs()).toBe(35_020)
  expect(facts.find(({ type }) => type === 'rollout.acknowledged')).toMatchObject({
    generation: 2,
    oldPods: [{ name: 'web-1-a' }, { name: 'web-1-b' }],
  })
  expect(facts.filter(({ type }) => type === 'rollout.completed')).toMatchObject([
    { newReplicaSet: 'web-2' },
    { newReplicaSet: 'web-3' },
  ])
  expect(facts.filter(({ type }) => type === 'rollout.progressed')).toMatchObject([
    { wanted: 2, updated: 2, available: 2, old: 2 },
    { wanted: 2, updated: 2, available: 2, old: 0 },
    { old: 2 },
    { old: 0 },
  ])
  expect(cluster.rollingCalls).toEqual([true, true, false])
})

test('a restart touches the restart annotation only, and carries the uid', async () => {
  const { clock, cluster, run } = start({ restarts: 1 })
  await clock.runUntil(run())
  expect(cluster.patches.map(({ body }) => body)).toEqual([
    {
      metadata: { uid: 'd-1' },
      spec: {
        template: {
          metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-11-21T12:00:10.000Z' } },
        },
      },
    },
  ])
})

test('with a duration restarts are spread over it, and the run lasts as long', async () => {
  const { clock, phases, run } = start({}, {}, 110_000)
  await clock.runUntil(run())
  expect(phases.filter((phase) => phase.includes('rollout'))).toEqual(['10000 rollout 1', '60000 rollout 2'])
  expect(clock.nowMs()).toBe(110_000)
})

test('a restart waits for the one before to settle, however short the duration', async () => {
  const { clock, phases, run } = start({}, {}, 12_000)
  await clock.runUntil(run())
  expect(phases.filter((phase) => phase.includes('rollout'))).toEqual(['10000 rollout 1', '20010 rollout 2'])
  expect(clock.nowMs()).toBe(35_020)
})

describe('when the outcome of a patch is not known', () => {
  test('and it was applied, it is not sent again', async () => {
    const { clock, cluster, run, types } = start({ restarts: 1 })
    cluster.fates = ['apply-silently']
    cluster.failingReads = 0
    expect((await clock.runUntil(run())).outcome).toBe('completed')
    expect(cluster.patches).toHaveLength(1)
    expect(types()).toContain('rollout.acknowledged')
  })

  test('and it was not applied, the very same one is sent once more: exactly one rollout', async () => {
    const { clock, cluster, facts, run } = start({ restarts: 1 })
    cluster.fates = ['lose']
    expect((await clock.runUntil(run())).outcome).toBe('completed')
    expect(cluster.patches).toHaveLength(2)
    expect(cluster.patches[0]?.body).toEqual(cluster.patches[1]?.body)
    expect(facts.filter(({ type }) => type === 'rollout.completed')).toHaveLength(1)
  })

  test('and the API stays away, the run ends and says that it is not known', async () => {
    const { clock, cluster, run } = start({ restarts: 1 })
    const running = run()
    await clock.advance(9999)
    cluster.fates = ['apply-silently']
    const read = cluster.reader.readDeployment
    let reads = 0
    Object.assign(cluster.reader, {
      readDeployment: (namespace: string, name: string) => {
        if (reads++ > 0) cluster.failingReads = 1
        return read(namespace, name)
      },
    })
    const result = await clock.runUntil(running)
    expect(result).toMatchObject({
      outcome: 'stuck',
      wroteToCluster: true,
      error: { code: 'ROLLOUT_NOT_APPLIED' },
    })
    expect(result.reason).toContain('it is not known whether the restart of shop/web was applied')
    expect(cluster.patches).toHaveLength(1)
  })
})

describe('when the API server is away at the moment of a restart', () => {
  test('it is waited for, and the restart is sent once', async () => {
    const { clock, cluster, run, facts } = start({ restarts: 1 })
    const running = run()
    await clock.advance(9999)
    cluster.failingReads = 20
    expect((await clock.runUntil(running)).outcome).toBe('completed')
    expect(cluster.patches).toHaveLength(1)
    const acknowledged = facts.find(({ type }) => type === 'rollout.acknowledged')
    expect(acknowledged?.atMs).toBe(20_000)
  })

  test('for longer than a minute, the run ends, and nothing was sent', async () => {
    const { clock, cluster, run } = start({ restarts: 1 })
    const running = run()
    await clock.advance(9999)
    cluster.failingReads = 1000
    const result = await clock.runUntil(running)
    expect(result).toMatchObject({ outcome: 'stuck', error: { code: 'ROLLOUT_NOT_APPLIED' } })
    expect(result.reason).toContain('the restart of shop/web was not sent: no answer')
    expect(cluster.patches).toEqual([])
  })
})

describe('a restart that is not what it seems ends the run', () => {
  const cases: [string, (cluster: FakeCluster) => void, string, string][] = [
    [
      'the generation did not move',
      (cluster) => (cluster.fates = ['ignore']),
      'ROLLOUT_NOT_APPLIED',
      'changed nothing',
    ],
    [
      'a webhook took it back',
      (cluster) => (cluster.fates = ['strip']),
      'ROLLOUT_NOT_APPLIED',
      'its annotation reads nothing',
    ],
    ['it is forbidden', (cluster) => (cluster.fates = ['forbid']), 'KUBE_FORBIDDEN', 'may not patch'],
    [
      'the Deployment was paused',
      (cluster) => cluster.change({ paused: true }),
      'ROLLOUT_NOT_APPLIED',
      'was paused since',
    ],
    [
      'the Deployment is another one',
      (cluster) => cluster.change({ uid: 'd-2' }),
      'ROLLOUT_NOT_APPLIED',
      'created again',
    ],
    ['the Deployment is gone', (cluster) => cluster.remove(), 'KUBE_NOT_FOUND', 'no shop/web'],
  ]
  test.each(cases)('%s', async (_, prepare, code, words) => {
    const { clock, cluster, run, facts } = start()
    const running = run()
    await clock.advance(5000)
    prepare(cluster)
    const result = await clock.runUntil(running)
    expect(result).toMatchObject({ outcome: 'stuck', completed: 0, error: { code } })
    expect(result.reason).toContain(words)
    expect(facts.at(-1)).toMatchObject({ type: 'rollout.stuck', index: 1, reason: result.reason })
    expect(cluster.rollingCalls.at(-1)).toBe(false)
  })
})

describe('a rollout that does not end is stuck, with the reason', () => {
  test('its own deadline, with what the new pods wait for', async () => {
    const { clock, cluster, run } = start({}, { neverReady: true })
    const running = run()
    await clock.advance(12_000)
    cluster.setPod('web-2-a', {
      ready: false,
      containers: [
        {
          name: 'web',
          restartCount: 0,
          ready: false,
          startedAtMs: null,
          exit: null,
          lastExit: null,
          waitingReason: 'ImagePullBackOff',
        },
      ],
    })
    const result = await clock.runUntil(running)
    expect(result.reason).toBe(
      'not complete after 60 s: 2 of 2 pods updated, 2 available, 2 old; container web of pod web-2-a waits: ImagePullBackOff; pod web-2-b is not ready',
    )
    expect(clock.nowMs()).toBe(70_000)
  })

  test("the controller's deadline, at once", async () => {
    const { clock, cluster, run } = start({}, { neverReady: true })
    const running = run()
    await clock.advance(30_000)
    const generation = cluster.view.deployment?.generation ?? 0
    cluster.change({
      progressing: { status: false, reason: 'ProgressDeadlineExceeded' },
      observedGeneration: generation + 1,
    })
    const result = await running
    expect(result.reason).toContain('ProgressDeadlineExceeded')
    expect(clock.nowMs()).toBe(30_000)
  })

  test('a quota, in the words of the ReplicaFailure condition', async () => {
    const { clock, cluster, run } = start({}, { neverReady: true })
    const running = run()
    await clock.advance(12_000)
    cluster.change({ replicaFailure: 'exceeded quota: pods', observedGeneration: 99 })
    expect((await clock.runUntil(running)).reason).toContain('exceeded quota: pods')
  })

  test('an old pod that stays beyond its grace period', async () => {
    const { clock, run } = start({ timeoutMs: 600_000 }, { neverGone: true })
    const result = await clock.runUntil(run())
    expect(result.reason).toContain(
      'old pod web-1-a is still terminating, 30 s past its grace period of 30 s',
    )
    expect(clock.nowMs()).toBe(13_010 + 60_000)
  })

  test('an old pod that a finalizer holds', async () => {
    const { clock, cluster, run } = start({}, { neverGone: true })
    const running = run()
    await clock.advance(15_000)
    cluster.setPod('web-1-a', { deletionGraceSeconds: 0, deletionAtMs: epochMs(clock.epochMs()) })
    expect((await clock.runUntil(running)).reason).toContain(
      'old pod web-1-a has ended, but something holds it',
    )
  })

  test('somebody else took the restart back, also while the old pods go', async () => {
    for (const atMs of [12_000, 14_000]) {
      const { clock, cluster, run } = start()
      const running = run()
      await clock.advance(atMs)
      cluster.change({ templateAnnotations: {} })
      const result = await running
      expect(result.reason).toBe(
        'somebody else replaced this restart: kubectl.kubernetes.io/restartedAt now reads nothing',
      )
    }
  })

  test('the Deployment was deleted, also while the old pods go', async () => {
    for (const atMs of [12_000, 14_000]) {
      const { clock, cluster, run } = start()
      const running = run()
      await clock.advance(atMs)
      cluster.remove()
      expect((await running).reason).toBe('the Deployment was deleted by somebody else')
    }
  })
})

test.each([3000, 11_000, 14_000, 17_000, 33_000])(
  'an abort at %i ms ends it there, and sends nothing more',
  async (atMs) => {
    const { clock, cluster, stop, run } = start()
    const running = run()
    await clock.advance(atMs)
    const sent = cluster.patches.length
    stop.abort(new Error('interrupted'))
    expect(await running).toMatchObject({
      outcome: 'aborted',
      reason: 'interrupted',
      wroteToCluster: sent > 0,
      error: null,
    })
    await clock.advance(120_000)
    expect(cluster.patches).toHaveLength(sent)
  },
)
