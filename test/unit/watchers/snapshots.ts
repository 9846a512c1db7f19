import { epochMs } from '../../../src/kernel/units.ts'
import type {
  ContainerSnapshot,
  DeploymentSnapshot,
  EndpointSliceSnapshot,
  EndpointSnapshot,
  PodSettings,
  PodSnapshot,
  ReplicaSetSnapshot,
} from '../../../src/model/cluster.ts'

/** Snapshots for tests: a web Deployment in namespace shop. */

export const T0 = Date.UTC(2026, 10, 21, 12)

export const settings: PodSettings = {
  gracePeriodSeconds: 30,
  preStop: { kind: 'none' },
  hasReadinessProbe: true,
  hasStartupProbe: false,
  hasLivenessProbe: false,
  shellIsPid1: false,
  readinessGates: [],
}

export const container = (more: Partial<ContainerSnapshot> = {}): ContainerSnapshot => ({
  name: 'web',
  restartCount: 0,
  ready: true,
  startedAtMs: epochMs(T0),
  exit: null,
  lastExit: null,
  waitingReason: null,
  ...more,
})

export const pod = (name: string, more: Partial<PodSnapshot> = {}): PodSnapshot => ({
  ref: { namespace: 'shop', name, uid: `uid-${name}` },
  resourceVersion: '1',
  replicaSet: 'web-1',
  templateHash: '1',
  nodeName: 'node1',
  ip: '10.0.0.1',
  createdAtMs: epochMs(T0),
  scheduled: true,
  ready: true,
  readyChangedAtMs: epochMs(T0),
  notReadyReason: null,
  unschedulable: null,
  deletionAtMs: null,
  deletionGraceSeconds: null,
  containers: [container()],
  settings,
  ...more,
})

export const replicaSet = (revision: number, more: Partial<ReplicaSetSnapshot> = {}): ReplicaSetSnapshot => ({
  name: `web-${revision}`,
  uid: `rs-${revision}`,
  resourceVersion: '1',
  ownerUid: 'd-1',
  templateHash: String(revision),
  revision,
  replicas: 4,
  readyReplicas: 4,
  availableReplicas: 4,
  ...more,
})

export const deployment = (more: Partial<DeploymentSnapshot> = {}): DeploymentSnapshot => ({
  namespace: 'shop',
  name: 'web',
  uid: 'd-1',
  resourceVersion: '1',
  generation: 1,
  observedGeneration: 1,
  replicas: 4,
  paused: false,
  maxSurge: 1,
  maxUnavailable: 0,
  minReadySeconds: 0,
  progressDeadlineSeconds: 600,
  selector: { app: 'web' },
  templateAnnotations: {},
  settings,
  status: { replicas: 4, updatedReplicas: 4, readyReplicas: 4, availableReplicas: 4, unavailableReplicas: 0 },
  revision: 1,
  progressing: { status: true, reason: 'NewReplicaSetAvailable' },
  replicaFailure: null,
  strategy: 'RollingUpdate',
  labelSelector: 'app=web',
  templateLabels: { app: 'web' },
  images: ['web:1'],
  managedBy: [],
  ...more,
})

export const endpoint = (podName: string, more: Partial<EndpointSnapshot> = {}): EndpointSnapshot => ({
  slice: 'web-x',
  service: 'web',
  address: '10.0.0.1',
  podName,
  podUid: `uid-${podName}`,
  nodeName: 'node1',
  ready: true,
  serving: true,
  terminating: false,
  ...more,
})

export const slice = (...endpoints: EndpointSnapshot[]): EndpointSliceSnapshot => ({
  name: 'web-x',
  uid: 'slice-1',
  resourceVersion: '1',
  service: 'web',
  endpoints,
})
