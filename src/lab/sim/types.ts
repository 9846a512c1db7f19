import type { KubeObject, ObjectMeta, OwnerReference } from './store.ts'

/*
 * The parts of the API's objects that the lab reads or writes, as they go over the wire. The API server checks
 * objects before they reach the store, so the `as…` functions below are this stage's only parse edge.
 */

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string | null
  lastUpdateTime?: string | null
  lastProbeTime?: string | null
  observedGeneration?: number
}

export type IntOrPercent = number | string

export interface ContainerPort {
  readonly name?: string
  readonly containerPort: number
  readonly protocol?: string
}

export interface Container {
  readonly name: string
  readonly image?: string
  readonly ports?: readonly ContainerPort[]
  readonly [key: string]: unknown
}

export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly nodeName?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly terminationGracePeriodSeconds?: number
  readonly readinessGates?: readonly { readonly conditionType: string }[]
  readonly [key: string]: unknown
}

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: PodSpec
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: { readonly startedAt?: string }
  readonly terminated?: {
    readonly exitCode: number
    readonly signal?: number
    readonly reason?: string
    readonly finishedAt?: string
  }
}

export interface ContainerStatus {
  readonly name: string
  readonly ready: boolean
  readonly started?: boolean
  readonly restartCount: number
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

export interface PodStatus {
  readonly phase?: string
  readonly reason?: string
  readonly podIP?: string
  readonly hostIP?: string
  readonly nominatedNodeName?: string
  readonly conditions?: readonly Condition[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
}

export interface Pod extends KubeObject {
  spec: PodSpec
  status?: PodStatus
}

export interface ReplicaSetSpec {
  readonly replicas?: number
  readonly minReadySeconds?: number
  readonly selector: LabelSelector
  readonly template: PodTemplate
}

export interface ReplicaSetStatus {
  readonly replicas: number
  readonly fullyLabeledReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly observedGeneration?: number
  readonly conditions?: readonly Condition[]
}

export interface ReplicaSet extends KubeObject {
  spec: ReplicaSetSpec
  status?: ReplicaSetStatus
}

export interface DeploymentSpec {
  readonly replicas?: number
  readonly selector: LabelSelector
  readonly template: PodTemplate
  readonly strategy?: {
    readonly type?: string
    readonly rollingUpdate?: { readonly maxSurge?: IntOrPercent; readonly maxUnavailable?: IntOrPercent }
  }
  readonly minReadySeconds?: number
  readonly revisionHistoryLimit?: number
  readonly progressDeadlineSeconds?: number
  readonly paused?: boolean
}

export interface DeploymentStatus {
  readonly observedGeneration?: number
  readonly replicas?: number
  readonly updatedReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly unavailableReplicas?: number
  readonly collisionCount?: number
  readonly conditions?: readonly Condition[]
}

export interface Deployment extends KubeObject {
  spec: DeploymentSpec
  status?: DeploymentStatus
}

export interface ServicePort {
  readonly name?: string
  readonly protocol?: string
  readonly port: number
  readonly targetPort?: IntOrPercent
  readonly nodePort?: number
}

export interface Service extends KubeObject {
  spec: {
    readonly type?: string
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly ServicePort[]
    readonly clusterIP?: string
    readonly externalIPs?: readonly string[]
    readonly externalName?: string
    readonly publishNotReadyAddresses?: boolean
  }
}

export interface EndpointPort {
  readonly name: string
  readonly port: number
  readonly protocol: string
}

export interface Endpoint {
  readonly addresses: readonly string[]
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean }
  readonly nodeName?: string
  readonly targetRef: {
    readonly kind: 'Pod'
    readonly namespace: string
    readonly name: string
    readonly uid: string
  }
}

export interface EndpointSlice extends KubeObject {
  addressType: string
  endpoints: readonly Endpoint[] | null
  ports: readonly EndpointPort[] | null
}

export interface PodDisruptionBudget extends KubeObject {
  spec: {
    readonly minAvailable?: IntOrPercent
    readonly maxUnavailable?: IntOrPercent
    readonly selector?: LabelSelector
  }
  status?: {
    readonly disruptionsAllowed: number
    readonly currentHealthy: number
    readonly desiredHealthy: number
    readonly expectedPods: number
    readonly observedGeneration?: number
    readonly conditions?: readonly Condition[]
  }
}

export interface HorizontalPodAutoscaler extends KubeObject {
  spec: {
    readonly scaleTargetRef: { readonly apiVersion?: string; readonly kind: string; readonly name: string }
    readonly minReplicas?: number
    readonly maxReplicas: number
  }
  status?: {
    readonly currentReplicas?: number
    readonly desiredReplicas: number
    readonly lastScaleTime?: string
    readonly conditions?: readonly Condition[]
  }
}

export interface NodeObject extends KubeObject {
  spec: { readonly unschedulable?: boolean }
  status?: {
    readonly conditions?: readonly Condition[]
    readonly addresses?: readonly { readonly type: string; readonly address: string }[]
    readonly nodeInfo?: Readonly<Record<string, string>>
  }
}

export interface Ingress extends KubeObject {
  spec: {
    readonly ingressClassName?: string
    readonly rules?: readonly {
      readonly http?: {
        readonly paths: readonly { readonly backend: { readonly service?: { readonly name: string } } }[]
      }
    }[]
  }
}

export const asPod = (object: KubeObject): Pod => object as Pod
export const asReplicaSet = (object: KubeObject): ReplicaSet => object as ReplicaSet
export const asDeployment = (object: KubeObject): Deployment => object as Deployment
export const asService = (object: KubeObject): Service => object as Service
export const asEndpointSlice = (object: KubeObject): EndpointSlice => object as EndpointSlice
export const asIngress = (object: KubeObject): Ingress => object as Ingress
export const asBudget = (object: KubeObject): PodDisruptionBudget => object as PodDisruptionBudget
export const asAutoscaler = (object: KubeObject): HorizontalPodAutoscaler => object as HorizontalPodAutoscaler
export const asNode = (object: KubeObject): NodeObject => object as NodeObject

/** The owner that controls the object; `null` when none does. */
export const controllerOf = (metadata: ObjectMeta): OwnerReference | null =>
  metadata.ownerReferences?.find((owner) => owner.controller === true) ?? null

/** An owner reference that makes `owner` the controller of what carries it. */
export const controlledBy = (owner: KubeObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
})
