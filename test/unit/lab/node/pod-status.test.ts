import { expect, test } from 'vitest'
import { type ContainerView, podStatus } from '../../../../src/lab/node/pod-status.ts'
import type { Condition, Pod } from '../../../../src/lab/sim/types.ts'

const AT = Date.UTC(2026, 10, 21, 12, 0, 0, 700)
const pod = (more: Partial<Pod> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'shop', uid: 'u' },
  spec: { containers: [{ name: 'web' }] },
  ...more,
})
const view = (more: Partial<ContainerView> = {}): ContainerView => ({
  name: 'web',
  image: 'i:1',
  phase: { kind: 'running', startedAtMs: AT },
  last: null,
  restartCount: 0,
  started: true,
  ready: true,
  containerId: 'c',
  ...more,
})
const PLACES = { podIP: '127.20.1.1', hostIP: '127.20.0.11' }
const conditionOf = (status: Record<string, unknown>, type: string): Condition | undefined =>
  (status.conditions as Condition[]).find((condition) => condition.type === type)

test('times have whole seconds, and a condition keeps its time until its status changes', () => {
  const first = podStatus(pod(), view(), PLACES, AT)
  expect(conditionOf(first, 'Ready')).toMatchObject({
    status: 'True',
    lastTransitionTime: '2026-11-21T12:00:00Z',
  })
  const second = podStatus(pod({ status: first }), view(), PLACES, AT + 5000)
  expect(conditionOf(second, 'Ready')?.lastTransitionTime).toBe('2026-11-21T12:00:00Z')
  expect(second.startTime).toBe('2026-11-21T12:00:00Z')
  const third = podStatus(pod({ status: second }), view({ ready: false }), PLACES, AT + 9000)
  expect(conditionOf(third, 'Ready')).toMatchObject({
    status: 'False',
    reason: 'ContainersNotReady',
    lastTransitionTime: '2026-11-21T12:00:09Z',
  })
})

test('a readiness gate keeps the pod from being ready until its condition is true', () => {
  const gated = pod({
    spec: { containers: [{ name: 'web' }], readinessGates: [{ conditionType: 'lb/healthy' }] },
  })
  const closed = podStatus(gated, view(), PLACES, AT)
  expect(conditionOf(closed, 'ContainersReady')?.status).toBe('True')
  expect(conditionOf(closed, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady' })
  const open = { ...gated, status: { conditions: [{ type: 'lb/healthy', status: 'True' }] } }
  const status = podStatus(open, view(), PLACES, AT)
  expect(conditionOf(status, 'Ready')?.status).toBe('True')
  expect(conditionOf(status, 'lb/healthy')?.status).toBe('True')
})

test('an ended container carries its exit code, and its pod is Failed only while being deleted', () => {
  const phase = {
    kind: 'terminated',
    exitCode: 143,
    signal: 15,
    reason: 'Error',
    startedAtMs: AT,
    finishedAtMs: AT + 2000,
  } as const
  const crashed = podStatus(pod(), view({ phase, ready: false }), PLACES, AT)
  expect(crashed).toMatchObject({
    phase: 'Running',
    containerStatuses: [{ state: { terminated: { exitCode: 143, finishedAt: '2026-11-21T12:00:02Z' } } }],
  })
  const deleted = pod({ metadata: { name: 'web-1', deletionTimestamp: '2026-11-21T12:00:30Z' } })
  expect(podStatus(deleted, view({ phase, ready: false }), PLACES, AT).phase).toBe('Failed')
})

test('a pod whose image is pulled is Pending and has no address', () => {
  const phase = { kind: 'waiting', reason: 'ContainerCreating' } as const
  const status = podStatus(
    pod(),
    view({ phase, ready: false, containerId: null }),
    { ...PLACES, podIP: null },
    AT,
  )
  expect(status.phase).toBe('Pending')
  expect(status.podIP).toBeUndefined()
})
