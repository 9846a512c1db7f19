import { describe, expect, test } from 'vitest'
import { epochMs, runMs } from '../../../src/kernel/units.ts'
import type { WorkloadSnapshot } from '../../../src/model/cluster.ts'
import { FAILURE_KINDS, isOwnFault, OUTCOMES, SOURCES } from '../../../src/model/outcome.ts'
import { PHASES } from '../../../src/model/phase.ts'
import { allocateColumns, buffersOf, COLUMN_NAMES } from '../../../src/model/request-columns.ts'
import { isRolloutComplete, isRolloutStuck, rolloutProgress } from '../../../src/model/rollout.ts'

/** A Deployment of four pods whose rollout is complete, but for what is given. */
const workload = (
  change: Partial<Omit<WorkloadSnapshot, 'status'>> & { status?: Partial<WorkloadSnapshot['status']> } = {},
): WorkloadSnapshot => {
  const { status, ...rest } = change
  return {
    namespace: 'shop',
    name: 'web',
    uid: 'u1',
    resourceVersion: '7',
    generation: 3,
    observedGeneration: 3,
    replicas: 4,
    paused: false,
    maxSurge: 1,
    maxUnavailable: 0,
    minReadySeconds: 0,
    progressDeadlineSeconds: 600,
    selector: { app: 'web' },
    templateAnnotations: {},
    settings: {
      gracePeriodSeconds: 30,
      preStop: { kind: 'none' },
      hasReadinessProbe: true,
      hasStartupProbe: false,
      hasLivenessProbe: false,
      shellIsPid1: false,
      readinessGates: [],
    },
    revision: 2,
    progressing: null,
    replicaFailure: null,
    ...rest,
    status: {
      replicas: 4,
      updatedReplicas: 4,
      readyReplicas: 4,
      availableReplicas: 4,
      unavailableReplicas: 0,
      ...status,
    },
  }
}

describe('a rollout is complete as kubectl rollout status says', () => {
  test.each([
    ['all pods are new and available', {}, true],
    ['the controller has not seen the change yet', { generation: 4 }, false],
    ['some pods are not updated', { status: { updatedReplicas: 3 } }, false],
    ['old pods are still counted', { status: { replicas: 5 } }, false],
    ['new pods are not available yet', { status: { availableReplicas: 3 } }, false],
    [
      'it has no pods and wants none',
      { replicas: 0, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } },
      true,
    ],
  ])('%s', (_, change, complete) => {
    expect(isRolloutComplete(workload(change))).toBe(complete)
  })
})

describe('a rollout is stuck when the controller has given up on it', () => {
  const progressing = { status: false, reason: 'ProgressDeadlineExceeded' }
  test.each([
    ['deadline exceeded', { progressing }, true],
    ['the condition is of an older generation', { progressing, generation: 4 }, false],
    ['another reason', { progressing: { status: false, reason: 'ReplicaSetCreateError' } }, false],
    ['it progresses', { progressing: { status: true, reason: 'ReplicaSetUpdated' } }, false],
    ['there is no condition yet', {}, false],
  ])('%s', (_, change, stuck) => {
    expect(isRolloutStuck(workload(change))).toBe(stuck)
  })
})

test('progress counts pods of older templates, never below zero', () => {
  expect(
    rolloutProgress(workload({ status: { replicas: 5, updatedReplicas: 2, availableReplicas: 4 } })),
  ).toEqual({ wanted: 4, updated: 2, available: 4, old: 3 })
  expect(rolloutProgress(workload({ status: { replicas: 1, updatedReplicas: 2 } })).old).toBe(0)
})

test('only `client` is a fault of our own', () => {
  expect(FAILURE_KINDS.filter(isOwnFault)).toEqual(['client'])
})

test('columns are zero, as long as asked, and all in buffers that can be handed over', () => {
  const columns = allocateColumns(3)
  expect(columns.length).toBe(3)
  expect(columns.strings).toEqual([''])
  for (const name of COLUMN_NAMES) expect([...columns[name]], name).toEqual([0, 0, 0])
  const buffers = buffersOf(columns)
  expect(new Set(buffers).size).toBe(COLUMN_NAMES.length)
  structuredClone(columns, { transfer: buffers })
  expect(columns.startUs.length).toBe(0)
})

test('words of columns fit their arrays, and stay where bundles expect them', () => {
  for (const words of [SOURCES, PHASES, OUTCOMES, FAILURE_KINDS]) {
    expect(words.length).toBeLessThan(255)
    expect(new Set(words).size).toBe(words.length)
  }
  expect(SOURCES[0]).toBe('vuser')
  expect([runMs(5), epochMs(7)]).toEqual([5, 7])
})
