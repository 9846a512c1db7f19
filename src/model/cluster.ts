import type { EpochMs } from '../kernel/units.ts'

/** Which pod. The uid tells two pods of one name apart; names repeat only in stateful workloads. */
export interface PodRef {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

export type PreStop =
  | { readonly kind: 'none' }
  | { readonly kind: 'sleep'; readonly seconds: number }
  /** `seconds` is what a plain `sleep N` in the command says; `null` when the command is anything else. */
  | { readonly kind: 'exec'; readonly command: readonly string[]; readonly seconds: number | null }
  | { readonly kind: 'http'; readonly path: string }

/** The settings of one pod that decide how it ends and starts. A dying pod is judged by its own, old settings. */
export interface PodSettings {
  readonly gracePeriodSeconds: number
  readonly preStop: PreStop
  readonly hasReadinessProbe: boolean
  readonly hasStartupProbe: boolean
  readonly hasLivenessProbe: boolean
  /** How soon the main container's liveness probe gives up; absent when it has none, and in older bundles. */
  readonly liveness?: {
    readonly timeoutSeconds: number
    readonly periodSeconds: number
    readonly failureThreshold: number
  }
  /** The container's command is a shell line, so that a shell is PID 1. */
  readonly shellIsPid1: boolean
  readonly readinessGates: readonly string[]
}

export interface ContainerSnapshot {
  readonly name: string
  readonly restartCount: number
  readonly ready: boolean
  readonly startedAtMs: EpochMs | null
  /** `null` while it runs. */
  readonly exit: {
    readonly code: number
    readonly reason: string | null
    readonly finishedAtMs: EpochMs | null
  } | null
  /** The end before the last restart. */
  readonly lastExit: {
    readonly code: number
    readonly reason: string | null
    readonly finishedAtMs: EpochMs | null
  } | null
  /** Why it waits: ErrImagePull, CrashLoopBackOff …; `null` when it does not. */
  readonly waitingReason: string | null
}

/** One pod as one watch event showed it. Times are the cluster's claims, at 1 s grain. */
export interface PodSnapshot {
  readonly ref: PodRef
  readonly resourceVersion: string
  /** Name of the owning ReplicaSet; `null` for a pod without one. */
  readonly replicaSet: string | null
  readonly templateHash: string | null
  readonly nodeName: string | null
  readonly ip: string | null
  readonly createdAtMs: EpochMs
  readonly scheduled: boolean
  readonly ready: boolean
  /** lastTransitionTime of condition Ready. */
  readonly readyChangedAtMs: EpochMs | null
  /** Reason of condition Ready=False: ContainersNotReady, ReadinessGatesNotReady …; `null` when it has none. */
  readonly notReadyReason: string | null
  /** Message of condition PodScheduled=False; `null` when it is scheduled or was not tried yet. */
  readonly unschedulable: string | null
  /** deletionTimestamp: the moment at which the grace period ends, not the one at which the deletion began. */
  readonly deletionAtMs: EpochMs | null
  readonly deletionGraceSeconds: number | null
  readonly containers: readonly ContainerSnapshot[]
  readonly settings: PodSettings
}

export interface EndpointSnapshot {
  /** Name of the EndpointSlice. */
  readonly slice: string
  readonly service: string | null
  readonly address: string
  readonly podName: string | null
  readonly podUid: string | null
  readonly nodeName: string | null
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
}

/** One EndpointSlice as one watch event showed it. */
export interface EndpointSliceSnapshot {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly service: string | null
  readonly endpoints: readonly EndpointSnapshot[]
}

/** A core/v1 Event: evidence, never proof. */
export interface ClusterEventSnapshot {
  readonly uid: string
  readonly resourceVersion: string
  readonly reason: string
  readonly message: string
  readonly regarding: { readonly kind: string; readonly name: string; readonly uid: string | null }
  readonly count: number
  /** When it last happened, at 1 s grain. */
  readonly lastAtMs: EpochMs | null
}

export interface ReplicaSetSnapshot {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  /** uid of the owning Deployment; `null` for a ReplicaSet without one. */
  readonly ownerUid: string | null
  readonly templateHash: string | null
  /** Value of deployment.kubernetes.io/revision. */
  readonly revision: number | null
  readonly replicas: number
  readonly readyReplicas: number
  readonly availableReplicas: number
}

/** A Deployment as one watch event showed it. */
export interface WorkloadSnapshot {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation: number
  readonly observedGeneration: number
  /** spec.replicas, 1 when absent. */
  readonly replicas: number
  readonly paused: boolean
  /** maxSurge and maxUnavailable in pods, rounded as Kubernetes does (up, down); `null` for Recreate. */
  readonly maxSurge: number | null
  readonly maxUnavailable: number | null
  readonly minReadySeconds: number
  readonly progressDeadlineSeconds: number
  readonly selector: Readonly<Record<string, string>>
  readonly templateAnnotations: Readonly<Record<string, string>>
  /** What the pods that its template makes will be like. */
  readonly settings: PodSettings
  /** Name of the container whose preStop and command `settings` tell of. */
  readonly mainContainer?: string
  readonly status: {
    readonly replicas: number
    readonly updatedReplicas: number
    readonly readyReplicas: number
    readonly availableReplicas: number
    readonly unavailableReplicas: number
  }
  readonly revision: number | null
  /** Condition Progressing: its status and reason; `null` when there is none yet. */
  readonly progressing: { readonly status: boolean; readonly reason: string } | null
  /** Message of condition ReplicaFailure=True (quota, admission); `null` when there is none. */
  readonly replicaFailure: string | null
}

/** A Deployment with what only preflight and the watch for foreign changes need. */
export interface DeploymentSnapshot extends WorkloadSnapshot {
  readonly strategy: 'RollingUpdate' | 'Recreate'
  /** spec.selector in the text form of label selectors, with its expressions. */
  readonly labelSelector: string
  readonly templateLabels: Readonly<Record<string, string>>
  /** Images of the template's containers, in order. */
  readonly images: readonly string[]
  /** What its labels and annotations say it is managed by: `Argo CD (shop)`, `Helm (web)`. */
  readonly managedBy: readonly string[]
  /** The text of the journal that it bears: a variant was applied to it and not taken back. Absent = none. */
  readonly journal?: string
}
