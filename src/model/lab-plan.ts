/** What an app of the lab does; its bad habits. */
export interface LabAppPlan {
  /** A command of the user's instead of the sample app; PORT and HOST in its environment say where to listen. */
  readonly command: string | null
  /** From process start to listening. */
  readonly startupMs: number
  /** From listening to a good answer of the readiness path. */
  readonly readyMs: number
  /** Time of an ordinary request, ± jitterMs. */
  readonly workMs: number
  readonly jitterMs: number
  /**
   * `graceful`: finishes what is in flight, then exits 0. `abrupt`: exits 143 at once with requests in flight.
   * `ignore`: nothing happens until SIGKILL. `close-listener`: refuses new connections at once, finishes what is
   * in flight. `tomcat`: the same, and waits up to 20 s for in-flight requests in steps of 50 ms.
   */
  readonly onSigterm: 'graceful' | 'abrupt' | 'ignore' | 'close-listener' | 'tomcat'
  /** `graceful`: keeps accepting this long after SIGTERM. */
  readonly drainMs: number
  /** `graceful`: requests still in flight after this are dropped. */
  readonly drainTimeoutMs: number
  /** Answers `Connection: close` while draining. */
  readonly drainClose: boolean
  /** Answers 503 while draining. */
  readonly drain503: boolean
  /** The server closes a connection that has been idle this long. */
  readonly keepAliveMs: number
  /** Share of answers cut in the middle of the body when the process ends. */
  readonly truncateRatio: number
}

export interface LabPathPlan {
  /** From the EndpointSlice change until this path follows it, ± jitterMs. */
  readonly propagationMs: number
  readonly jitterMs: number
}

/** The Application Load Balancer. Times as AWS has them: `timeScale` multiplies all of them. */
export interface LabAlbPlan extends LabPathPlan {
  readonly targetType: 'ip' | 'instance'
  /** The namespace has the label that makes the controller inject its readiness gate into new pods. */
  readonly readinessGate: boolean
  /** Load balancer nodes, each of which learns of targets at its own time. */
  readonly nodes: number
  /** From its registration until a target is checked. */
  readonly registrationMs: number
  readonly deregistrationDelaySeconds: number
  readonly healthCheckIntervalSeconds: number
  readonly healthCheckTimeoutSeconds: number
  readonly healthCheckPath: string
  readonly healthyThreshold: number
  readonly unhealthyThreshold: number
  readonly idleTimeoutSeconds: number
  readonly timeScale: number
}

/** A HorizontalPodAutoscaler of the Deployment, with its name. */
export interface LabAutoscalerPlan {
  readonly minReplicas: number
  readonly maxReplicas: number
  /** Between two looks of its controller. */
  readonly syncMs: number
}

/** How the embedded lab is set up. Times are ms of real time. */
export interface LabPlan {
  readonly replicas: number
  readonly maxSurge: string | number
  readonly maxUnavailable: string | number
  readonly minReadySeconds: number
  readonly gracePeriodSeconds: number
  readonly preStop: 'none' | 'sleep' | 'exec' | 'http'
  readonly preStopSeconds: number
  readonly readinessProbe: boolean
  /** Readiness and liveness probe period, s (fractions allowed in the lab only). */
  readonly probePeriodSeconds: number
  /** Absent = the Deployment has none. */
  readonly autoscaler?: LabAutoscalerPlan
  readonly app: LabAppPlan
  /** Path of the default target. */
  readonly path: 'service' | 'ingress' | 'alb'
  readonly service: LabPathPlan
  readonly ingress: LabPathPlan & {
    /** Tries a second pod where that is safe, as nginx does. */
    readonly retry: boolean
    /** `live`: new endpoints without a reload; `reload`: a reload closes idle client connections. */
    readonly endpoints: 'live' | 'reload'
  }
  readonly alb: LabAlbPlan
  /** Causes of the catalogue to inject: `A1`, `C1:0.5`. */
  readonly inject: readonly string[]
  readonly seed: number
}
