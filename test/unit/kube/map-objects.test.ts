import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HarnessError } from '../../../src/kernel/errors.ts'
import { deploymentOf, fencepostsOf, selectorText } from '../../../src/kube/map-deployment.ts'
import { clusterEventOf, endpointSliceOf, podOf, replicaSetOf } from '../../../src/kube/map-objects.ts'
import { execSeconds, isShellPid1, settingsOf } from '../../../src/kube/map-settings.ts'
import { apiDeployment, apiPod } from './api-objects.ts'

describe('maxSurge and maxUnavailable', () => {
  test.each([
    // replicas, surge, unavailable → surge, unavailable
    [4, '25%', '25%', 1, 1],
    [10, '25%', '25%', 3, 2],
    [3, '25%', '25%', 1, 0],
    [3, 0, '25%', 0, 1], // both come to 0: one pod may be unavailable
    [5, 0, 0, 0, 1],
    [4, 1, 0, 1, 0],
    [2, '100%', '50%', 2, 1],
    [2, 0, 5, 0, 2], // never more than there are
    [7, '29%', '29%', 3, 2],
    [4, undefined, undefined, 1, 1],
    [4, 'many', -1, 0, 1],
  ])(
    'of %i replicas, %s and %s are %i and %i pods',
    (replicas, surge, unavailable, maxSurge, maxUnavailable) => {
      expect(fencepostsOf({ maxSurge: surge, maxUnavailable: unavailable }, replicas)).toEqual({
        maxSurge,
        maxUnavailable,
      })
    },
  )

  test('leave a rollout room to move, whatever is asked', () => {
    const amount = fc.oneof(
      fc.nat(20),
      fc.nat(200).map((percent) => `${percent}%`),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), amount, amount, (replicas, maxSurge, maxUnavailable) => {
        const posts = fencepostsOf({ maxSurge, maxUnavailable }, replicas)
        expect(posts.maxSurge + posts.maxUnavailable).toBeGreaterThan(0)
        expect(posts.maxUnavailable).toBeLessThanOrEqual(replicas)
      }),
    )
  })

  test('do not exist for Recreate', () => {
    const { maxSurge, maxUnavailable, strategy } = deploymentOf(
      apiDeployment({ spec: { strategy: { type: 'Recreate' } } }),
    )
    expect({ maxSurge, maxUnavailable, strategy }).toEqual({
      maxSurge: null,
      maxUnavailable: null,
      strategy: 'Recreate',
    })
  })
})

describe('how a pod ends', () => {
  test.each([
    [['sleep', '5'], 5],
    [['/bin/sleep', '1.5'], 1.5],
    [['sh', '-c', 'sleep 10'], 10],
    [['/bin/sh', '-ec', ' sleep 1m; '], 60],
    [['sh', '-c', 'sleep 5 && nginx -s quit'], null],
    [['sh', '-c', 'sleep $N'], null],
    [['sleep', '5', '5'], null],
    [['nginx', '-s', 'quit'], null],
    [[], null],
  ])('a preStop of %j sleeps %s s', (command, seconds) => {
    expect(execSeconds(command)).toBe(seconds)
  })

  test.each([
    [['sh', '-c', 'java -jar app.jar'], [], true],
    [['/bin/bash', '-lc'], ['node server.js'], true],
    [['sh', '-c', 'exec java -jar app.jar'], [], false],
    [['sh', '-c', 'set -e; migrate && exec java -jar app.jar'], [], false],
    [['sh', '/start.sh'], [], false], // what a script does cannot be seen
    [['tini', '--', 'sh', '-c', 'app'], [], false],
    [['java', '-jar', 'app.jar'], [], false],
    [[], ['sh', '-c', 'app'], true],
    [[], [], false],
  ])('a shell stays process 1 with command %j and args %j: %s', (command, args, expected) => {
    expect(isShellPid1(command, args)).toBe(expected)
  })

  test('is told by the main container, probes by any', () => {
    const spec = {
      terminationGracePeriodSeconds: 60,
      readinessGates: [{ conditionType: 'target-health.alb/x' }],
      containers: [
        { name: 'proxy', readinessProbe: {}, lifecycle: { preStop: { httpGet: { path: '/quit' } } } },
        { name: 'web', lifecycle: { preStop: { sleep: { seconds: 7 } } } },
      ],
    }
    expect(settingsOf(spec, { 'kubectl.kubernetes.io/default-container': 'web' })).toEqual({
      gracePeriodSeconds: 60,
      preStop: { kind: 'sleep', seconds: 7 },
      hasReadinessProbe: true,
      hasStartupProbe: false,
      hasLivenessProbe: false,
      shellIsPid1: false,
      readinessGates: ['target-health.alb/x'],
    })
    expect(settingsOf(spec).preStop).toEqual({ kind: 'http', path: '/quit' })
  })
})

test('a selector is written as kubectl takes it', () => {
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  }
  expect(selectorText(selector)).toBe('app=web,tier in (a,b),!old')
})

test('a pod is read with its times, containers and reasons', () => {
  const pod = podOf(
    apiPod('web-1', 'u1', '9', {
      metadata: { deletionTimestamp: '2026-11-21T21:40:00Z', deletionGracePeriodSeconds: 30 },
      status: {
        conditions: [
          {
            type: 'Ready',
            status: 'False',
            reason: 'ContainersNotReady',
            lastTransitionTime: '2026-11-21T21:39:00Z',
          },
          { type: 'PodScheduled', status: 'False', message: '0/2 nodes are available' },
        ],
        containerStatuses: [
          {
            name: 'web',
            restartCount: 2,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: {
              terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-11-21T21:38:00Z' },
            },
          },
        ],
      },
    }),
  )
  expect(pod).toMatchObject({
    ref: { namespace: 'shop', name: 'web-1', uid: 'u1' },
    replicaSet: 'web-abc',
    deletionAtMs: Date.parse('2026-11-21T21:40:00Z'),
    deletionGraceSeconds: 30,
    ready: false,
    notReadyReason: 'ContainersNotReady',
    unschedulable: '0/2 nodes are available',
    containers: [
      {
        waitingReason: 'CrashLoopBackOff',
        restartCount: 2,
        exit: null,
        lastExit: { code: 137, reason: 'OOMKilled' },
      },
    ],
  })
})

test('an endpoint without conditions is ready and serving, as the API defines', () => {
  const slice = endpointSliceOf({
    metadata: { name: 's', uid: 'u', resourceVersion: '1', labels: { 'kubernetes.io/service-name': 'web' } },
    endpoints: [
      { addresses: ['10.0.0.1'] },
      { addresses: ['10.0.0.2'], conditions: { ready: false, terminating: true } },
    ],
  })
  expect(slice.endpoints).toMatchObject([
    { service: 'web', ready: true, serving: true, terminating: false, podUid: null },
    { ready: false, serving: false, terminating: true },
  ])
})

test('who else manages a Deployment is named', () => {
  const annotations = {
    'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment',
    'meta.helm.sh/release-name': 'web',
  }
  expect(deploymentOf(apiDeployment({ metadata: { annotations } })).managedBy).toEqual([
    'Argo CD (shop:apps/Deployment)',
    'Helm (web)',
  ])
})

test('any object at all is read, or refused as KUBE_PROTOCOL: nothing else is thrown', () => {
  const meta = fc.record({ name: fc.constant('x'), uid: fc.constant('u'), resourceVersion: fc.constant('1') })
  const anyObject = fc.oneof(
    fc.anything(),
    fc.record({
      metadata: fc.oneof(meta, fc.anything()),
      spec: fc.anything(),
      status: fc.anything(),
      endpoints: fc.anything(),
    }),
  )
  fc.assert(
    fc.property(anyObject, (object) => {
      for (const read of [podOf, deploymentOf, replicaSetOf, endpointSliceOf, clusterEventOf]) {
        try {
          read(object)
        } catch (error) {
          expect(error).toBeInstanceOf(HarnessError)
          expect(error).toMatchObject({ code: 'KUBE_PROTOCOL' })
        }
      }
    }),
    { numRuns: 500 },
  )
})
