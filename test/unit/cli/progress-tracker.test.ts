import { expect, test } from 'vitest'
import { stateOf } from '../../../src/cli/progress-state.ts'
import { trackProgress } from '../../../src/cli/progress-tracker.ts'
import { runMs } from '../../../src/kernel/units.ts'
import type { EventDraft } from '../../../src/model/events.ts'

const tracked = () => {
  const tracker = trackProgress({ name: 'x', rollouts: 2, durationMs: null })
  let seq = 0
  const tell = (atMs: number, draft: EventDraft): void =>
    tracker.onFact({ ...draft, seq: ++seq, atMs: runMs(atMs) })
  return { tracker, tell }
}

const pod = { uid: 'u1', name: 'web-1', namespace: 'shop' }
const settings = { terminationGracePeriodSeconds: 30 }

const failed = (source: 'vuser' | 'fresh', podName: string | null, address: string | null): EventDraft =>
  ({
    type: 'request.failed',
    failure: { kind: 'reset', message: 'read ECONNRESET' },
    source,
    method: 'GET',
    path: '/',
    endedAtMs: runMs(5_200),
    remoteAddress: address,
    pod: podName,
  }) as unknown as EventDraft

test('a pod goes through its states, an ending one does not become ready again, and leaves a while after it is gone', () => {
  const { tracker, tell } = tracked()
  tell(100, {
    type: 'pod.created',
    pod,
    replicaSet: null,
    revision: 1,
    settings,
    cluster: null,
  } as unknown as EventDraft)
  tell(900, { type: 'pod.started', pod, ip: '127.0.0.9', cluster: null })
  tell(2_000, { type: 'pod.ready', pod, cluster: null })
  tell(4_000, { type: 'pod.terminating', pod, gracePeriodSeconds: 30, cluster: null })
  tell(4_500, { type: 'pod.not-ready', pod, reason: null, cluster: null })
  tell(9_000, { type: 'pod.deleted', pod, cluster: null })
  const [seen] = tracker.at(9_100).pods
  expect(seen?.steps.map(({ state }) => state)).toEqual([
    'pending',
    'not-ready',
    'ready',
    'terminating',
    'gone',
  ])
  expect(tracker.at(30_000).pods).toEqual([])
})

test('failures of users are counted at the pod that answered, or that has the address; probes are not shown', () => {
  const { tracker, tell } = tracked()
  tell(900, { type: 'pod.started', pod, ip: '127.0.0.9', cluster: null })
  tell(5_300, failed('vuser', 'web-1', null))
  tell(5_300, failed('vuser', null, '127.0.0.9:8080'))
  tell(5_300, failed('vuser', null, null))
  tell(5_300, failed('fresh', 'web-1', null))
  const state = tracker.at(6_000)
  expect(state.pods[0]).toMatchObject({ failed: 2, failedSeconds: new Set([5]) })
  expect(state.failures.map(({ pod: name, count }) => [name, count])).toEqual([
    ['web-1', 2],
    [null, 1],
  ])
})

test('whatever comes, what is kept does not grow without end', () => {
  const { tracker, tell } = tracked()
  for (let i = 0; i < 5_000; i++) tell(i, failed('vuser', `web-${i}`, null))
  for (let i = 0; i < 1_000; i++)
    tracker.onWindow({ atMs: i * 1000, durationMs: 1000, ok: 1, failed: 0, failedByKind: {} } as never)
  const { failures, seconds } = tracker.at(1_000_000)
  expect(failures.length).toBeLessThanOrEqual(32)
  expect(seconds.length).toBeLessThanOrEqual(240)
})

test('rollouts are counted as they complete', () => {
  const { tracker, tell } = tracked()
  tell(1, { type: 'rollout.requested', index: 1 })
  tell(2, { type: 'rollout.progressed', index: 1, wanted: 4, updated: 2, available: 3, old: 2 })
  expect(tracker.at(3).rolling).toMatchObject({ wanted: 4, updated: 2 })
  tell(4, { type: 'rollout.completed', index: 1, newReplicaSet: null })
  expect(tracker.at(5)).toMatchObject({ rolloutsComplete: 1, rolling: null })
  expect(tracker.at(5).pods.map(stateOf)).toEqual([])
})
