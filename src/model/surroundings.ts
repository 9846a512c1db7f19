import type { ClusterEventSnapshot, EndpointSnapshot, PodSnapshot, PreStop } from './cluster.ts'

type Texts = Readonly<Partial<Record<string, string>>>

/** A probe with the defaults that the API server adds. Times in s. */
export interface ProbeSpec {
  readonly kind: 'http' | 'tcp' | 'exec' | 'grpc'
  /** Name or number of the port; `null` for exec. */
  readonly port: string | null
  readonly path: string | null
  readonly command: readonly string[]
  readonly initialDelaySeconds: number
  readonly periodSeconds: number
  readonly timeoutSeconds: number
  readonly failureThreshold: number
}

export interface ContainerSpec {
  readonly name: string
  readonly image: string
  readonly command: readonly string[]
  readonly args: readonly string[]
  readonly ports: readonly { readonly name: string | null; readonly containerPort: number }[]
  /** Literal environment values whose names speak of a timeout, a delay or keep-alive; no others are read. */
  readonly timings: Texts
  readonly preStop: PreStop
  /** A shell stays process 1 of it. */
  readonly shellIsPid1: boolean
  readonly readinessProbe: ProbeSpec | null
  readonly livenessProbe: ProbeSpec | null
  readonly startupProbe: ProbeSpec | null
}

/** maxSurge or maxUnavailable: as it was written (`null` = default 25 %), and in pods after rounding. */
export interface Fencepost {
  readonly given: string | null
  readonly pods: number
}

/** Of a Deployment, what decides how its pods come and go. */
export interface WorkloadSpec {
  readonly namespace: string
  readonly name: string
  readonly replicas: number
  readonly strategy: 'RollingUpdate' | 'Recreate'
  readonly maxSurge: Fencepost
  readonly maxUnavailable: Fencepost
  readonly gracePeriodSeconds: number
  readonly labels: Texts
  readonly annotations: Texts
  readonly templateLabels: Texts
  readonly templateAnnotations: Texts
  readonly readinessGates: readonly string[]
  readonly containers: readonly ContainerSpec[]
  /** The one of kubectl's default-container annotation, else the first. */
  readonly main: ContainerSpec
}

/** A Service that selects the pods. */
export interface ServiceSpec {
  readonly name: string
  readonly type: string
  readonly annotations: Texts
  readonly externalTrafficPolicy: string | null
  readonly publishNotReadyAddresses: boolean
  /** Names or numbers of the ports of the pods that it leads to. */
  readonly targetPorts: readonly string[]
}

/** An Ingress that leads to such a Service. */
export interface IngressSpec {
  readonly name: string
  readonly className: string | null
  readonly annotations: Texts
  readonly services: readonly string[]
}

/** A PodDisruptionBudget that selects the pods, or bears the Deployment's name. */
export interface BudgetSpec {
  readonly name: string
  readonly selectsPods: boolean
  readonly minAvailable: string | null
  readonly maxUnavailable: string | null
  /** apiVersion of the manifest that kubectl applied last; `null` = not known. */
  readonly appliedVersion: string | null
}

/** A HorizontalPodAutoscaler of the Deployment. */
export interface AutoscalerSpec {
  readonly name: string
  readonly minReplicas: number
  readonly maxReplicas: number
}

/** A Deployment and what stands around it. `null` = could not be read, so nothing is concluded from it. */
export interface Surroundings {
  readonly workload: WorkloadSpec
  readonly services: readonly ServiceSpec[] | null
  readonly ingresses: readonly IngressSpec[] | null
  readonly budgets: readonly BudgetSpec[] | null
  readonly autoscalers: readonly AutoscalerSpec[] | null
  readonly namespaceLabels: Texts | null
  /** Of the Services above. */
  readonly endpoints: readonly EndpointSnapshot[] | null
  readonly pods: readonly PodSnapshot[] | null
  /** Events about its pods. */
  readonly events: readonly ClusterEventSnapshot[] | null
  /** What could not be read, and why. */
  readonly unread: readonly { readonly what: string; readonly why: string }[]
}
