/*
 * Answers of the Kubernetes API, as far as the tests look into them. One interface for all kinds: a test knows from
 * the path which kind it asked for, and what that kind always has is not optional here. Optional is what is left out
 * at times: by omitempty (a count of 0), because nobody has written it yet, or because it was taken away.
 */

export interface ApiObject {
  apiVersion: string
  kind: string
  metadata: ApiMetadata
  spec: ApiSpec
  /** Of a Deployment and of a pod from the first; of others once their controller has seen them. */
  status: ApiStatus
  /** ConfigMap. */
  data: Record<string, string>
  /** EndpointSlice: `null` or left out when there are none. */
  endpoints?: ApiEndpoint[] | null
  ports?: ApiEndpointPort[] | null
  /** Status and Event. */
  reason: string
  message: string
  /** Event: `Normal` or `Warning`. */
  type: string
  involvedObject: { kind: string; name: string }
  /** Status. */
  code: number
  details: ApiStatusDetails
  /** Any list. */
  items: ApiObject[]
  /** Table: `null` in what a watch sends after its first event. */
  columnDefinitions: ApiNamed[] | null
  rows: { cells: unknown[]; object: ApiObject }[]
  /** Discovery. */
  groups: ApiNamed[]
  resources: ApiResource[]
}

export interface ApiNamed {
  name: string
}

export interface ApiMetadata {
  name: string
  namespace: string
  uid: string
  resourceVersion: string
  generation: number
  creationTimestamp: string
  generateName?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: { kind: string; name: string; uid: string; controller?: boolean }[]
  finalizers?: string[]
  managedFields?: unknown[]
  /** Since the object is being deleted, both. */
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  /** Of a list that goes on. */
  continue?: string
  remainingItemCount?: number
}

export interface ApiSpec extends ApiPodSpec {
  /** Deployment, ReplicaSet, Scale. */
  replicas: number
  paused?: boolean
  strategy: { type: string; rollingUpdate: { maxSurge: number | string; maxUnavailable: number | string } }
  /** Deployment and ReplicaSet; a Service's is its labels alone. */
  selector: { matchLabels: Record<string, string> }
  template: ApiTemplate
  /** Service. */
  clusterIP: string
  publishNotReadyAddresses?: boolean
  /** PodDisruptionBudget. */
  maxUnavailable?: number | string
  /** HorizontalPodAutoscaler. */
  minReplicas: number
  maxReplicas: number
  /** Lease; the holder is left out when there is none. */
  holderIdentity?: string
  leaseTransitions: number
  /** Job. */
  backoffLimit: number
}

export interface ApiTemplate {
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> }
  spec: ApiPodSpec
}

export interface ApiPodSpec {
  /** A pod has at least one. */
  containers: [ApiContainer, ...ApiContainer[]]
  terminationGracePeriodSeconds: number
  nodeName?: string
  priorityClassName?: string
  securityContext?: object
  volumes?: ApiNamed[]
}

export interface ApiContainer {
  name: string
  image: string
  args?: string[]
  env?: { name: string; value?: string }[]
  lifecycle?: { preStop?: { sleep?: { seconds: number } } }
  securityContext?: object
  volumeMounts?: ApiNamed[]
}

/** What a controller or a kubelet has written so far. */
export interface ApiStatus {
  conditions?: ApiCondition[]
  /** Deployment and ReplicaSet. */
  observedGeneration?: number
  replicas?: number
  updatedReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  unavailableReplicas?: number
  /** Pod and Namespace. */
  phase?: string
  podIP?: string
  podIPs?: { ip: string }[]
  hostIP?: string
  containerStatuses?: ApiContainerStatus[]
  initContainerStatuses?: ApiContainerStatus[]
  /** HorizontalPodAutoscaler. */
  currentReplicas?: number
  desiredReplicas?: number
  /** PodDisruptionBudget. */
  currentHealthy?: number
  disruptionsAllowed?: number
  /** SelfSubjectAccessReview. */
  allowed?: boolean
}

export interface ApiCondition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime: string
}

export interface ApiContainerStatus {
  name: string
  ready: boolean
  started?: boolean
  restartCount: number
  state: ApiContainerState
  lastState: ApiContainerState
}

/** One of the three; none before the kubelet has written any. */
export interface ApiContainerState {
  waiting?: { reason: string }
  running?: { startedAt: string }
  terminated?: ApiTermination
}

export interface ApiTermination {
  exitCode: number
  reason: string
  finishedAt: string
}

export interface ApiEndpoint {
  addresses: string[]
  conditions: { ready: boolean; serving: boolean; terminating: boolean }
  nodeName?: string
  targetRef: { kind: string; namespace: string; name: string; uid: string }
}

export interface ApiEndpointPort {
  name: string
  port: number
  protocol: string
}

export interface ApiStatusDetails {
  name: string
  group: string
  kind: string
  /** Of an object that is invalid: at least one. */
  causes: [ApiCause, ...ApiCause[]]
}

export interface ApiCause {
  field: string
  reason: string
}

export interface ApiResource extends ApiNamed {
  kind: string
  namespaced: boolean
  shortNames?: string[]
  verbs: string[]
}

/**
 * What was parsed from JSON or YAML, or lies in the lab's store, taken for an object of the API. Throws when it is no
 * object at all.
 */
export const asApiObject = (value: unknown): ApiObject => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`no object of the API: ${JSON.stringify(value)}`)
  return value as ApiObject
}

/** A stamp of the API in Unix ms; it has whole seconds. Throws when there is none. */
export const stampMs = (stamp: string | undefined): number => {
  if (stamp === undefined) throw new Error('there is no stamp')
  return Date.parse(stamp)
}

/** The first of them. Throws when there is none. */
export const firstOf = <T>(list: readonly T[] | null | undefined): T => {
  const [first] = list ?? []
  if (first === undefined) throw new Error('there is none')
  return first
}

/** A container of the template by its name. Throws when there is none. */
export const containerOf = ({ spec }: ApiObject, name: string): ApiContainer => {
  const found = spec.template.spec.containers.find((container) => container.name === name)
  if (found === undefined) throw new Error(`no container ${name}`)
  return found
}
