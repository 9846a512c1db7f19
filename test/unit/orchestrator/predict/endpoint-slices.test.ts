import { expect, test } from 'vitest'
import { epochMs } from '../../../../src/kernel/units.ts'
import type { EndpointSnapshot, PodSnapshot } from '../../../../src/model/cluster.ts'
import type { Surroundings } from '../../../../src/model/surroundings.ts'
import { predictEndpointSlices } from '../../../../src/orchestrator/predict/endpoint-slices.ts'
import { NO_HINTS } from '../../../../src/orchestrator/predict/predictor.ts'
import { around } from '../../../support/surroundings.ts'
import { settings } from '../../watchers/snapshots.ts'

const service = {
  name: 'web',
  type: 'ClusterIP',
  annotations: {},
  externalTrafficPolicy: null,
  publishNotReadyAddresses: false,
  targetPorts: ['http'],
}

const pod = (n: number, more: Partial<PodSnapshot> = {}): PodSnapshot => ({
  ref: { namespace: 'shop', name: `web-6d4cf56db6-abcd${n}`, uid: `uid-${n}` },
  resourceVersion: '1',
  replicaSet: 'web-6d4cf56db6',
  templateHash: '6d4cf56db6',
  nodeName: 'node-1',
  ip: `10.244.1.${n}`,
  createdAtMs: epochMs(1_795_298_000_000),
  scheduled: true,
  ready: true,
  readyChangedAtMs: null,
  notReadyReason: null,
  unschedulable: null,
  deletionAtMs: null,
  deletionGraceSeconds: null,
  containers: [],
  settings,
  ...more,
})

const endpoint = (n: number, more: Partial<EndpointSnapshot> = {}): EndpointSnapshot => ({
  slice: 'web-abc12',
  service: 'web',
  address: `10.244.1.${n}`,
  podName: `web-6d4cf56db6-abcd${n}`,
  podUid: `uid-${n}`,
  nodeName: 'node-1',
  ready: true,
  serving: true,
  terminating: false,
  ...more,
})

const found = (more: Partial<Surroundings>) =>
  predictEndpointSlices(
    around(
      {},
      {},
      { services: [service], pods: [pod(1), pod(2)], endpoints: [endpoint(1), endpoint(2)], ...more },
    ),
    NO_HINTS,
  )
const idsOf = (more: Partial<Surroundings>) => found(more).map(({ id }) => id)

test('slices that agree with the pods predict nothing', () => {
  expect(idsOf({})).toEqual([])
  const ending = pod(2, { deletionAtMs: epochMs(1_795_298_030_000) })
  expect(idsOf({ pods: [pod(1), ending], endpoints: [endpoint(1), endpoint(2, { ready: false })] })).toEqual(
    [],
  )
})

test('a ready endpoint without its pod is named with its address', () => {
  const [first, ...rest] = found({ endpoints: [endpoint(1), endpoint(2), endpoint(7)] })
  expect(rest).toEqual([])
  expect(first).toMatchObject({ id: 'endpoint-without-pod', cause: 'B2', severity: 'medium' })
  expect(first?.because).toContain('10.244.1.7 (web-6d4cf56db6-abcd7)')
})

test('an endpoint of a pod that may be of another Deployment is no missing pod', () => {
  for (const podName of ['web-admin-6d4cf56db6-abcd7', 'api-6d4cf56db6-abcd7', null])
    expect(idsOf({ endpoints: [endpoint(1), endpoint(2), endpoint(7, { podName })] })).toEqual([])
})

test('a pod of the same name and another uid is another pod', () => {
  expect(idsOf({ endpoints: [endpoint(1), endpoint(2, { podUid: 'uid-before' })] })).toEqual([
    'endpoint-without-pod',
    'pod-without-endpoint',
  ])
})

test('a ready pod without an endpoint gets no requests; one that is not ready need not have one', () => {
  expect(idsOf({ endpoints: [endpoint(1)] })).toEqual(['pod-without-endpoint'])
  expect(idsOf({ pods: [pod(1), pod(2, { ready: false })], endpoints: [endpoint(1)] })).toEqual([])
})

test('an endpoint that is ready while its pod is not, or is ending, is told apart from the reverse', () => {
  const ending = pod(2, { deletionAtMs: epochMs(1_795_298_030_000) })
  expect(idsOf({ pods: [pod(1), pod(2, { ready: false })] })).toEqual(['endpoint-ready-pod-not'])
  expect(idsOf({ pods: [pod(1), ending] })).toEqual(['endpoint-ready-pod-not'])
  expect(idsOf({ endpoints: [endpoint(1), endpoint(2, { ready: false })] })).toEqual([
    'pod-ready-endpoint-not',
  ])
})

test('a Service that publishes addresses that are not ready says nothing by having them', () => {
  const services = [{ ...service, publishNotReadyAddresses: true }]
  expect(idsOf({ services, pods: [pod(1), pod(2, { ready: false })] })).toEqual([])
})

test('what could not be read is not concluded from', () => {
  for (const blind of [{ services: null }, { pods: null }, { endpoints: null }])
    expect(idsOf(blind)).toEqual([])
})

test('many pods are named by three and a count', () => {
  const pods = [1, 2, 3, 4, 5].map((n) => pod(n))
  expect(found({ pods, endpoints: [] })[0]?.because).toContain(
    'abcd1, web-6d4cf56db6-abcd2, web-6d4cf56db6-abcd3 and 2 more',
  )
})
