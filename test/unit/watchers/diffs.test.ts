import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '../../../src/kernel/units.ts'
import type { PodSnapshot } from '../../../src/model/cluster.ts'
import { diffEndpoints } from '../../../src/watchers/diff-endpoints.ts'
import { diffPod } from '../../../src/watchers/diff-pods.ts'
import { diffDeployment, diffReplicaSet, templateKey } from '../../../src/watchers/diff-workload.ts'
import { container, deployment, endpoint, pod, replicaSet, slice, T0 } from './snapshots.ts'

const context = { revisionOf: () => 7, between: null }
const typesOf = (before: PodSnapshot | null, after: PodSnapshot | null) =>
  diffPod(before, after, context).map(({ type }) => type)

const fresh = pod('a', { nodeName: null, ip: null, ready: false, readyChangedAtMs: null, containers: [] })
const exit = (code: number, reason: string | null = null) => ({
  code,
  reason,
  finishedAtMs: epochMs(T0 + 9000),
})

describe('a pod', () => {
  test.each<[string, PodSnapshot | null, PodSnapshot | null, string[]]>([
    ['is created', null, fresh, ['pod.created']],
    [
      'that was there before the run gets all facts of its state',
      null,
      pod('a'),
      ['pod.created', 'pod.scheduled', 'pod.started', 'pod.ready'],
    ],
    ['is scheduled', fresh, { ...fresh, nodeName: 'node1' }, ['pod.scheduled']],
    [
      'whose containers wait has not started',
      fresh,
      { ...fresh, containers: [container({ startedAtMs: null, ready: false })] },
      [],
    ],
    ['has started', { ...fresh, nodeName: 'n' }, pod('a', { ready: false, nodeName: 'n' }), ['pod.started']],
    ['becomes ready', pod('a', { ready: false }), pod('a'), ['pod.ready']],
    ['is not ready any more', pod('a'), pod('a', { ready: false }), ['pod.not-ready']],
    [
      'that was not ready between two looks is told so',
      pod('a'),
      pod('a', { readyChangedAtMs: epochMs(T0 + 5000) }),
      ['pod.not-ready', 'pod.ready'],
    ],
    [
      'starts to terminate, and stays ready',
      pod('a'),
      pod('a', { deletionAtMs: epochMs(T0 + 40_000), deletionGraceSeconds: 30 }),
      ['pod.terminating'],
    ],
    [
      'that terminates is told once',
      pod('a', { deletionAtMs: epochMs(T0) }),
      pod('a', { deletionAtMs: epochMs(T0), deletionGraceSeconds: 0 }),
      [],
    ],
    [
      'whose container exits',
      pod('a'),
      pod('a', { containers: [container({ exit: exit(143) })] }),
      ['pod.container-exited'],
    ],
    [
      'whose exit was told is not told again',
      pod('a', { containers: [container({ exit: exit(143) })] }),
      pod('a', { containers: [container({ exit: exit(143) })], ready: false }),
      ['pod.not-ready'],
    ],
    [
      'whose container restarted',
      pod('a'),
      pod('a', { containers: [container({ restartCount: 1, lastExit: exit(1, 'Error') })] }),
      ['pod.container-restarted'],
    ],
    ['is gone', pod('a'), null, ['pod.deleted']],
    ['that nothing happened to', pod('a'), pod('a', { resourceVersion: '2' }), []],
    ['that never was', null, null, []],
  ])('%s', (_, before, after, types) => {
    expect(typesOf(before, after)).toEqual(types)
  })

  test('began to terminate at deletionTimestamp minus its grace period, to the second', () => {
    const ending = pod('a', { deletionAtMs: epochMs(T0 + 40_000), deletionGraceSeconds: 30 })
    expect(diffPod(pod('a'), ending, context)).toEqual([
      {
        type: 'pod.terminating',
        pod: ending.ref,
        gracePeriodSeconds: 30,
        cluster: { earliestAtMs: T0 + 10_000, latestAtMs: T0 + 11_000 },
      },
    ])
  })

  test('first seen with grace 0 may have begun to end a whole grace period before', () => {
    const ended = pod('a', { deletionAtMs: epochMs(T0 + 40_000), deletionGraceSeconds: 0 })
    const [seenLate] = diffPod(null, ended, context).slice(-1)
    expect(seenLate).toMatchObject({ cluster: { earliestAtMs: T0 + 10_000, latestAtMs: T0 + 41_000 } })
    const [seenAtOnce] = diffPod(pod('a'), ended, context)
    expect(seenAtOnce).toMatchObject({ cluster: { earliestAtMs: T0 + 40_000, latestAtMs: T0 + 41_000 } })
  })

  test('that went in a gap did so in the interval of the gap', () => {
    const between = { earliestAtMs: epochMs(T0), latestAtMs: epochMs(T0 + 7000) }
    expect(diffPod(pod('a'), null, { ...context, between })).toEqual([
      { type: 'pod.deleted', pod: pod('a').ref, cluster: between },
    ])
  })

  test('has the revision of its ReplicaSet', () => {
    expect(diffPod(null, fresh, context)[0]).toMatchObject({ replicaSet: 'web-1', revision: 7 })
  })

  test('gets the same facts however finely it is watched', () => {
    const life = [
      fresh,
      { ...fresh, nodeName: 'node1' },
      pod('a', { ready: false, readyChangedAtMs: null }),
      pod('a', { readyChangedAtMs: epochMs(T0 + 2000) }),
      pod('a', {
        readyChangedAtMs: epochMs(T0 + 2000),
        deletionAtMs: epochMs(T0 + 40_000),
        deletionGraceSeconds: 30,
      }),
      pod('a', {
        ready: false,
        readyChangedAtMs: epochMs(T0 + 12_000),
        deletionAtMs: epochMs(T0 + 40_000),
        deletionGraceSeconds: 30,
        containers: [container({ exit: exit(0) })],
      }),
    ]
    const all = [
      'pod.created',
      'pod.scheduled',
      'pod.started',
      'pod.ready',
      'pod.terminating',
      'pod.container-exited',
      'pod.not-ready',
      'pod.deleted',
    ]
    fc.assert(
      fc.property(fc.subarray(life), (looks) => {
        const types: string[] = []
        let before: PodSnapshot | null = null
        for (const look of looks) {
          types.push(...typesOf(before, look))
          before = look
        }
        types.push(...typesOf(before, null))
        // A look left out loses readiness at most (ready and not ready again between two looks); nothing comes twice.
        expect(new Set(types).size).toBe(types.length)
        expect(all.filter((type) => types.includes(type)).toSorted()).toEqual(types.toSorted())
        const last = looks.at(-1)
        if (last !== undefined && last.deletionAtMs !== null) expect(types).toContain('pod.terminating')
      }),
    )
  })
})

describe('an endpoint', () => {
  const steps = (before: ReturnType<typeof slice> | null, after: ReturnType<typeof slice> | null) =>
    diffEndpoints(before, after, 'shop').map(({ type }) => type)

  test('goes from added to ready, terminating, not serving and gone', () => {
    const added = slice(endpoint('a', { ready: false, serving: false }))
    const ready = slice(endpoint('a'))
    const terminating = slice(endpoint('a', { ready: false, terminating: true }))
    const stopped = slice(endpoint('a', { ready: false, serving: false, terminating: true }))
    expect(steps(null, added)).toEqual(['endpoint.added'])
    expect(steps(added, ready)).toEqual(['endpoint.ready'])
    expect(steps(ready, terminating)).toEqual(['endpoint.terminating'])
    expect(steps(terminating, stopped)).toEqual(['endpoint.not-ready'])
    expect(steps(stopped, slice())).toEqual(['endpoint.removed'])
    expect(steps(ready, null)).toEqual(['endpoint.removed'])
    expect(steps(ready, stopped)).toEqual(['endpoint.terminating', 'endpoint.not-ready'])
    expect(steps(null, ready)).toEqual(['endpoint.added', 'endpoint.ready'])
    expect(steps(ready, ready)).toEqual([])
  })

  test('of another pod at the same address is another endpoint', () => {
    expect(steps(slice(endpoint('a')), slice(endpoint('b')))).toEqual([
      'endpoint.removed',
      'endpoint.added',
      'endpoint.ready',
    ])
  })

  test('carries its state after the step, and its pod', () => {
    const after = slice(endpoint('a', { ready: false, terminating: true }))
    expect(diffEndpoints(slice(endpoint('a')), after, 'shop')).toEqual([
      {
        type: 'endpoint.terminating',
        slice: 'web-x',
        service: 'web',
        address: '10.0.0.1',
        pod: { namespace: 'shop', name: 'a', uid: 'uid-a' },
        ready: false,
        serving: true,
        terminating: true,
      },
    ])
  })
})

describe('the Deployment', () => {
  const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'
  const restarted = (value: string, generation = 2) =>
    deployment({ generation, templateAnnotations: { [RESTARTED_AT]: value } })
  const own = new Set(['ours'])
  const foreign = (before: ReturnType<typeof deployment>, after: ReturnType<typeof deployment> | null) =>
    diffDeployment(before, after, own).map((fact) => fact.type === 'workload.changed' && fact.foreign)

  test('restarted by us is no foreign change; by anybody else it is', () => {
    expect(foreign(deployment(), restarted('ours'))).toEqual([false])
    expect(foreign(deployment(), restarted('theirs'))).toEqual([true])
    expect(foreign(restarted('ours', 2), restarted('theirs', 3))).toEqual([true])
    expect(foreign(restarted('ours', 2), deployment({ generation: 3 }))).toEqual([true])
  })

  test('changed twice at once, of which only one is ours, is a foreign change', () => {
    expect(foreign(deployment(), restarted('ours', 3))).toEqual([true])
  })

  test('scaled while our restart stands is a foreign change, with what changed', () => {
    const before = restarted('ours', 2)
    const [fact] = diffDeployment(before, { ...before, generation: 3, replicas: 6 }, own)
    expect(fact).toMatchObject({ foreign: true, detail: 'replicas 4 → 6', generation: 3 })
  })

  test('with a template that was announced is no foreign change, nor is its journal; with any other it is', () => {
    const before = deployment()
    const announced = new Set([templateKey(before), templateKey({ ...before, images: ['web:2'] })])
    const look = (more: Partial<typeof before>) =>
      diffDeployment(
        before,
        { ...before, generation: before.generation + 1, ...more },
        own,
        new Set(),
        announced,
      )
    expect(look({ images: ['web:2'], journal: '{}' })).toMatchObject([{ foreign: false }])
    expect(look({ journal: '{}' })).toMatchObject([{ foreign: false, detail: 'journal written' }])
    expect(look({ images: ['web:3'] })).toMatchObject([{ foreign: true }])
    expect(look({ images: ['web:2'], replicas: 9 })).toMatchObject([{ foreign: true }])
    expect(look({ images: ['web:2'], generation: before.generation + 2 })).toMatchObject([{ foreign: true }])
    expect(look({ maxSurge: 3 })).toMatchObject([{ foreign: true }])
  })

  test('deleted is a foreign change; a new status is none', () => {
    expect(foreign(deployment(), null)).toEqual([true])
    expect(foreign(deployment(), deployment({ resourceVersion: '9', observedGeneration: 1 }))).toEqual([])
  })
})

test('a ReplicaSet tells its revision first and its counts after', () => {
  expect(diffReplicaSet(null, replicaSet(2, { replicas: 0 }))).toMatchObject([
    { detail: 'first seen: revision 2, 0 replicas' },
  ])
  expect(diffReplicaSet(replicaSet(2, { readyReplicas: 3 }), replicaSet(2))).toMatchObject([
    { detail: 'ready 3 → 4' },
  ])
  expect(diffReplicaSet(replicaSet(2), replicaSet(2, { resourceVersion: '8' }))).toEqual([])
})
