import { expect, test } from 'vitest'
import { humanDuration } from '../../../../src/lab/server/age.ts'
import { podRestartsText, podStatusText } from '../../../../src/lab/server/pod-columns.ts'
import { desiredSlices, endpointOf, portsOf } from '../../../../src/lab/sim/endpoint-slices.ts'
import { sameTemplate, templateHash } from '../../../../src/lab/sim/names.ts'
import { rankForDeletion } from '../../../../src/lab/sim/pod-ranking.ts'
import {
  asPod,
  asService,
  type ContainerStatus,
  type Pod,
  type PodStatus,
} from '../../../../src/lab/sim/types.ts'
import { webDeployment, webService } from '../../../support/lab-objects.ts'

const NOW_MS = Date.UTC(2026, 0, 1, 12)

const pod = (
  name: string,
  { node = 'node1', ready = true, ...status }: PodStatus & { node?: string; ready?: boolean } = {},
  metadata: Partial<Pod['metadata']> = {},
): Pod =>
  asPod({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: name, labels: { app: 'web' }, ...metadata },
    spec: {
      ...(node !== '' && { nodeName: node }),
      containers: [{ name: 'web', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
    status: {
      phase: 'Running',
      podIP: '127.9.0.1',
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T11:00:00Z' },
      ],
      ...status,
    },
  })

test('a ReplicaSet deletes unscheduled pods first, then pending, not ready, cheap and young ones', () => {
  const readySince = (stamp: string) => ({
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: stamp }],
  })
  const pods = [
    pod('old'),
    pod('young', readySince('2026-01-01T11:59:59Z')),
    pod('cheap', {}, { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-1' } }),
    pod('unready', { ready: false }),
    pod('pending', { phase: 'Pending', ready: false }),
    pod('unscheduled', { node: '', phase: 'Pending', ready: false }),
  ]
  expect(rankForDeletion(pods, [], NOW_MS).map(({ metadata }) => metadata.name)).toEqual([
    'unscheduled',
    'pending',
    'unready',
    'cheap',
    'young',
    'old',
  ])
})

test('of equal pods, one on the node with more related pods goes first', () => {
  const pods = [pod('a', { node: 'node1' }), pod('b', { node: 'node2' })]
  const related = [...pods, pod('other', { node: 'node2' })]
  expect(rankForDeletion(pods, related, NOW_MS)[0]?.metadata.name).toBe('b')
})

test('endpoint conditions follow KEP-1669', () => {
  const service = asService(webService())
  const dying = { deletionTimestamp: '2026-01-01T12:00:30Z' }
  const conditions = (one: Pod) => endpointOf(service, one).conditions
  expect(conditions(pod('a'))).toEqual({ ready: true, serving: true, terminating: false })
  expect(conditions(pod('a', {}, dying))).toEqual({ ready: false, serving: true, terminating: true })
  expect(conditions(pod('a', { ready: false }, dying))).toEqual({
    ready: false,
    serving: false,
    terminating: true,
  })
  const all = asService({ ...service, spec: { ...service.spec, publishNotReadyAddresses: true } })
  expect(endpointOf(all, pod('a', { ready: false })).conditions.ready).toBe(true)
})

test('pods without an address or with another label are not in the slice; order is kept', () => {
  const service = asService(webService())
  const pods = [
    pod('a'),
    pod('b'),
    pod('c', { podIP: '' }),
    pod('d', { phase: 'Failed' }),
    pod('e', {}, { labels: {} }),
  ]
  const [slice] = desiredSlices(service, pods, ['b', 'a'])
  expect(slice?.endpoints.map(({ targetRef }) => targetRef.name)).toEqual(['b', 'a'])
  expect(portsOf(service, pod('a'))).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }])
})

test('more than 100 endpoints take more slices', () => {
  const pods = Array.from({ length: 250 }, (_, index) => pod(`p${index}`))
  const slices = desiredSlices(asService(webService()), pods, [])
  expect(slices.map(({ endpoints }) => endpoints.length)).toEqual([100, 100, 50])
})

test('the template hash depends on the content and not on the order of keys', () => {
  const { template } = webDeployment().spec
  const turned = { spec: template.spec, metadata: template.metadata ?? {} }
  expect(templateHash(template, undefined)).toBe(templateHash(turned, undefined))
  expect(templateHash(template, undefined)).not.toBe(templateHash(template, 0))
  expect(templateHash(template, undefined)).toMatch(/^[bcdfghjklmnpqrstvwxz2-9]{1,10}$/)
  const labelled = { ...template, metadata: { labels: { app: 'web', 'pod-template-hash': 'x' } } }
  expect(sameTemplate(template, labelled)).toBe(true)
})

test('the status column is the one of kubectl', () => {
  const container = (state: ContainerStatus['state'], ready = false): PodStatus => ({
    containerStatuses: [{ name: 'web', ready, restartCount: 0, ...(state !== undefined && { state }) }],
  })
  const dying = { deletionTimestamp: '2026-01-01T12:00:30Z' }
  expect(podStatusText(pod('a'))).toBe('Running')
  expect(podStatusText(pod('a', container({ waiting: { reason: 'ErrImagePull' } })))).toBe('ErrImagePull')
  expect(podStatusText(pod('a', container({ terminated: { exitCode: 3 } })))).toBe('ExitCode:3')
  expect(podStatusText(pod('a', container({ terminated: { exitCode: 137, signal: 9 } })))).toBe('Signal:9')
  expect(podStatusText(pod('a', {}, dying))).toBe('Terminating')
  const done = container({ terminated: { exitCode: 0, reason: 'Completed' } })
  expect(podStatusText(pod('a', { ...done, phase: 'Succeeded' }, dying))).toBe('Completed')
  const restarted = {
    containerStatuses: [
      {
        name: 'web',
        ready: true,
        restartCount: 2,
        lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T11:58:55Z' } },
      },
    ],
  }
  expect(podRestartsText(pod('a', restarted), NOW_MS)).toBe('2 (65s ago)')
})

test('ages are printed as kubectl does', () => {
  const seconds = [0, 59, 119, 120, 125, 599, 600, 10_740, 10_800, 28_800, 172_800, 700_000]
  expect(seconds.map((value) => humanDuration(value * 1000))).toEqual([
    '0s',
    '59s',
    '119s',
    '2m',
    '2m5s',
    '9m59s',
    '10m',
    '179m',
    '3h',
    '8h',
    '2d',
    '8d',
  ])
})
