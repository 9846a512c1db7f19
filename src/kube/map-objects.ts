import { HarnessError } from '../kernel/errors.ts'
import { type EpochMs, epochMs } from '../kernel/units.ts'
import type {
  ClusterEventSnapshot,
  ContainerSnapshot,
  EndpointSliceSnapshot,
  EndpointSnapshot,
  PodSnapshot,
  ReplicaSetSnapshot,
} from '../model/cluster.ts'
import { settingsOf } from './map-settings.ts'
import { arrayAt, flagAt, isObject, type Json, numberAt, objectAt, textAt, textsAt } from './parse.ts'

/** What every API object has. Without it an object cannot be followed: KUBE_PROTOCOL. */
export interface Meta {
  readonly raw: Json
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly resourceVersion: string
  readonly labels: Readonly<Partial<Record<string, string>>>
  readonly annotations: Readonly<Partial<Record<string, string>>>
}

/** metadata of an API object. Throws KUBE_PROTOCOL when name, uid or resourceVersion is missing. */
export const metaOf = (object: unknown, kind: string): Meta => {
  const raw = objectAt(object, 'metadata')
  const name = textAt(raw, 'name')
  const uid = textAt(raw, 'uid')
  const resourceVersion = textAt(raw, 'resourceVersion')
  if (name === null || uid === null || resourceVersion === null) {
    throw new HarnessError(
      'KUBE_PROTOCOL',
      `the API server sent a ${kind} without name, uid or resourceVersion`,
    )
  }
  return {
    raw,
    name,
    namespace: textAt(raw, 'namespace') ?? '',
    uid,
    resourceVersion,
    labels: textsAt(raw, 'labels'),
    annotations: textsAt(raw, 'annotations'),
  }
}

/** RFC 3339 → Unix ms; `null` when there is none or it cannot be read. */
export const timeAt = (parent: unknown, key: string): EpochMs | null => {
  const text = textAt(parent, key)
  const value = text === null ? Number.NaN : Date.parse(text)
  return Number.isNaN(value) ? null : epochMs(value)
}

const ownerOf = (meta: Json, kind: string): Json | null =>
  arrayAt(meta, 'ownerReferences')
    .filter(isObject)
    .find((owner) => owner.kind === kind && owner.controller !== false) ?? null

export const conditionOf = (status: Json, type: string): Json | null =>
  arrayAt(status, 'conditions')
    .filter(isObject)
    .find((condition) => condition.type === type) ?? null

const exitOf = (state: Json): ContainerSnapshot['exit'] => {
  const ended = state.terminated
  if (!isObject(ended)) return null
  return {
    code: numberAt(ended, 'exitCode') ?? -1,
    reason: textAt(ended, 'reason'),
    finishedAtMs: timeAt(ended, 'finishedAt'),
  }
}

const containerOf = (status: Json): ContainerSnapshot => {
  const state = objectAt(status, 'state')
  const since = isObject(state.running) ? state.running : objectAt(state, 'terminated')
  return {
    name: textAt(status, 'name') ?? '',
    restartCount: numberAt(status, 'restartCount') ?? 0,
    ready: flagAt(status, 'ready') ?? false,
    startedAtMs: timeAt(since, 'startedAt'),
    exit: exitOf(state),
    lastExit: exitOf(objectAt(status, 'lastState')),
    waitingReason: textAt(objectAt(state, 'waiting'), 'reason'),
  }
}

/** Pod (core/v1). Throws KUBE_PROTOCOL when it has no identity; every other field may be missing. */
export const podOf = (object: unknown): PodSnapshot => {
  const meta = metaOf(object, 'Pod')
  const spec = objectAt(object, 'spec')
  const status = objectAt(object, 'status')
  const ready = conditionOf(status, 'Ready')
  const scheduled = conditionOf(status, 'PodScheduled')
  const nodeName = textAt(spec, 'nodeName')
  const isReady = ready?.status === 'True'
  return {
    ref: { namespace: meta.namespace, name: meta.name, uid: meta.uid },
    resourceVersion: meta.resourceVersion,
    replicaSet: textAt(ownerOf(meta.raw, 'ReplicaSet'), 'name'),
    templateHash: meta.labels['pod-template-hash'] ?? null,
    nodeName,
    ip: textAt(status, 'podIP'),
    createdAtMs: timeAt(meta.raw, 'creationTimestamp') ?? epochMs(0),
    scheduled: nodeName !== null || scheduled?.status === 'True',
    ready: isReady,
    readyChangedAtMs: timeAt(ready, 'lastTransitionTime'),
    notReadyReason: isReady ? null : textAt(ready, 'reason'),
    unschedulable: scheduled?.status === 'False' ? textAt(scheduled, 'message') : null,
    deletionAtMs: timeAt(meta.raw, 'deletionTimestamp'),
    deletionGraceSeconds: numberAt(meta.raw, 'deletionGracePeriodSeconds'),
    containers: arrayAt(status, 'containerStatuses').filter(isObject).map(containerOf),
    settings: settingsOf(spec, meta.annotations),
  }
}

/** ReplicaSet (apps/v1). Throws KUBE_PROTOCOL when it has no identity. */
export const replicaSetOf = (object: unknown): ReplicaSetSnapshot => {
  const meta = metaOf(object, 'ReplicaSet')
  const status = objectAt(object, 'status')
  return {
    name: meta.name,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    ownerUid: textAt(ownerOf(meta.raw, 'Deployment'), 'uid'),
    templateHash: meta.labels['pod-template-hash'] ?? null,
    revision: revisionOf(meta),
    replicas: numberAt(status, 'replicas') ?? 0,
    readyReplicas: numberAt(status, 'readyReplicas') ?? 0,
    availableReplicas: numberAt(status, 'availableReplicas') ?? 0,
  }
}

export const revisionOf = (meta: Meta): number | null => {
  const text = meta.annotations['deployment.kubernetes.io/revision']
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
}

/** Conditions of an endpoint with the meaning of their absence (discovery.k8s.io/v1): ready unless said otherwise. */
const endpointOf = (endpoint: Json, slice: string, service: string | null): EndpointSnapshot[] => {
  const conditions = objectAt(endpoint, 'conditions')
  const target = objectAt(endpoint, 'targetRef')
  const isPod = target.kind === 'Pod'
  const ready = flagAt(conditions, 'ready') ?? true
  return arrayAt(endpoint, 'addresses')
    .filter((address) => typeof address === 'string')
    .map((address) => ({
      slice,
      service,
      address,
      podName: isPod ? textAt(target, 'name') : null,
      podUid: isPod ? textAt(target, 'uid') : null,
      nodeName: textAt(endpoint, 'nodeName'),
      ready,
      serving: flagAt(conditions, 'serving') ?? ready,
      terminating: flagAt(conditions, 'terminating') ?? false,
    }))
}

/** EndpointSlice (discovery.k8s.io/v1). Throws KUBE_PROTOCOL when it has no identity. */
export const endpointSliceOf = (object: unknown): EndpointSliceSnapshot => {
  const meta = metaOf(object, 'EndpointSlice')
  const service = meta.labels['kubernetes.io/service-name'] ?? null
  return {
    name: meta.name,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    service,
    endpoints: arrayAt(object, 'endpoints')
      .filter(isObject)
      .flatMap((endpoint) => endpointOf(endpoint, meta.name, service)),
  }
}

/** Event (core/v1). Throws KUBE_PROTOCOL when it has no identity. */
export const clusterEventOf = (object: unknown): ClusterEventSnapshot => {
  const meta = metaOf(object, 'Event')
  const regarding = objectAt(object, 'involvedObject')
  const series = objectAt(object, 'series')
  return {
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    reason: textAt(object, 'reason') ?? '',
    message: textAt(object, 'message') ?? '',
    regarding: {
      kind: textAt(regarding, 'kind') ?? '',
      name: textAt(regarding, 'name') ?? '',
      uid: textAt(regarding, 'uid'),
    },
    count: numberAt(series, 'count') ?? numberAt(object, 'count') ?? 1,
    lastAtMs:
      timeAt(series, 'lastObservedTime') ??
      timeAt(object, 'lastTimestamp') ??
      timeAt(object, 'eventTime') ??
      timeAt(meta.raw, 'creationTimestamp'),
  }
}
