/** What the sample app does; its bad habits. */
export interface LabAppConfig {
  /** A command of the user's instead of the sample app; PORT and HOST in its environment say where to listen. */
  readonly command: string | null
  /** From process start to listening. */
  readonly startupMs: number
  /** From listening to a good answer of the readiness path. */
  readonly readyMs: number
  /** Time of an ordinary request, ± jitterMs. */
  readonly workMs: number
  readonly jitterMs: number
  readonly onSigterm: OnSigterm
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
  /**
   * From the server's decision to close an idle connection until it is closed; a request that arrives meanwhile
   * is dropped. Stands for the time that a FIN travels, which loopback does not have. Default 5.
   */
  readonly closeRaceMs?: number
  /** The process stops reading its sockets this long before it ends. Default 0. */
  readonly exitLingerMs?: number
  /** Crashes this long after it began to listen, at its first start only. Default null: never. */
  readonly crashAfterMs?: number | null
}

/**
 * `graceful`: finishes what is in flight, then exits 0. `abrupt`: exits 143 at once with requests in flight.
 * `ignore`: nothing happens until SIGKILL. `close-listener`: refuses new connections at once, finishes what is in
 * flight. `tomcat`: the same, drops what comes on kept-alive connections, and waits up to 20 s for requests in
 * flight in steps of 50 ms.
 */
export type OnSigterm = 'graceful' | 'abrupt' | 'ignore' | 'close-listener' | 'tomcat'

export interface LabPathConfig {
  /** From the EndpointSlice change until this path follows it, ± jitterMs. */
  readonly propagationMs: number
  readonly jitterMs: number
}

export interface LabIngressConfig extends LabPathConfig {
  /** Tries a second pod where that is safe, as nginx does. */
  readonly retry: boolean
  /** `live`: new endpoints without a reload; `reload`: a reload closes idle client connections. */
  readonly endpoints: 'live' | 'reload'
  /** nginx's proxy_connect_timeout. Default 5000, as ingress-nginx has it. */
  readonly connectTimeoutMs?: number
  /** As `closeRaceMs` of the app, for the connections that a reload closes. Default 20. */
  readonly closeRaceMs?: number
}

/**
 * The Application Load Balancer. Times as AWS has them: `timeScale` multiplies all of them, propagation and
 * registration too.
 */
export interface LabAlbConfig extends LabPathConfig {
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

/** A HorizontalPodAutoscaler of the Deployment, with its name. The lab has no metrics: only the bounds decide. */
export interface LabAutoscalerConfig {
  readonly minReplicas: number
  readonly maxReplicas: number
  /** Between two looks of its controller, ms. */
  readonly syncMs: number
}

/** What a scenario says of the lab (the same shape as the model's LabPlan). Times are ms of real time. */
export interface LabSettings {
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
  readonly autoscaler?: LabAutoscalerConfig
  readonly app: LabAppConfig
  /** Path of the default target. */
  readonly path: 'service' | 'ingress' | 'alb'
  readonly service: LabPathConfig
  readonly ingress: LabIngressConfig
  readonly alb: LabAlbConfig
  /** Causes of the catalogue to inject: `A1`, `C1:0.5`. */
  readonly inject: readonly string[]
  readonly seed: number
}

/** The lab's own delays, ms: what a kubelet and a container runtime take. */
export interface LabNodeConfig {
  readonly imagePullMs: number
  /** From a change of a container until the pod's status says so (the real kubelet looks once a second). */
  readonly statusLagMs: number
  /** From the end of the last process until the pod's address is gone. */
  readonly sandboxTeardownMs: number
  /** First pause before a crashed container is started again; doubles up to 30 times itself. */
  readonly crashBackOffMs: number
}

/** All that the lab process needs to know. JSON. */
export interface LabConfig extends LabSettings {
  readonly namespace: string
  readonly deployment: string
  readonly serviceName: string
  /** Port of pods, service and ingress: without a forwarding process they are the same. */
  readonly port: number
  readonly node: LabNodeConfig
  /** JSON Lines of what went wrong and why; `null` = not kept. */
  readonly truthFile: string | null
  /** Where the kubeconfig is written; `null` = into the lab's temporary folder. */
  readonly kubeconfigFile: string | null
  /** The preStop hook's command does not exist in the image (A5). */
  readonly preStopBroken: boolean
  /** Between two looks of the autoscaler controller, ms. */
  readonly autoscalerPeriodMs: number
  /** Extra propagation of node-2's view of the service (B1), ms. */
  readonly laggingNodeMs: number
}

export interface LabOptions {
  readonly truthFile?: string | null
  readonly kubeconfigFile?: string | null
  /** Multiplies the lab's own times (start-up, propagation, image pull …); grace and preStop stay. Default 1. */
  readonly timeScale?: number
  readonly port?: number
}

/** Settings → all that the lab process needs. Causes in `inject` are applied later, by the lab itself. */
export const labConfig = (settings: LabSettings, options: LabOptions = {}): LabConfig => {
  const scale = options.timeScale ?? 1
  const scaled = (ms: number): number => ms * scale
  const path = <T extends LabPathConfig>(config: T): T => ({
    ...config,
    propagationMs: scaled(config.propagationMs),
    jitterMs: scaled(config.jitterMs),
  })
  return {
    ...settings,
    app: {
      ...settings.app,
      startupMs: scaled(settings.app.startupMs),
      readyMs: scaled(settings.app.readyMs),
    },
    service: path(settings.service),
    ingress: path(settings.ingress),
    alb: { ...settings.alb, timeScale: scaled(settings.alb.timeScale) },
    namespace: 'shop',
    deployment: 'web',
    serviceName: 'web',
    port: options.port ?? 8080,
    node: {
      imagePullMs: scaled(100),
      statusLagMs: scaled(200),
      sandboxTeardownMs: scaled(300),
      crashBackOffMs: scaled(10_000),
    },
    truthFile: options.truthFile ?? null,
    kubeconfigFile: options.kubeconfigFile ?? null,
    preStopBroken: false,
    autoscalerPeriodMs: scaled(settings.autoscaler?.syncMs ?? 15_000),
    laggingNodeMs: 0,
  }
}

/** What the lab says of itself when it is up. */
export interface LabInfo {
  readonly kubeconfig: string
  readonly apiUrl: string
  /** The lab's DNS server, `IP:PORT`: what `--resolver` wants. */
  readonly resolver: string
  /** Through node-1's view of the endpoints. Needs the resolver. */
  readonly serviceUrl: string
  /** One URL per node: its own view of the endpoints. Need the resolver. */
  readonly serviceUrls: Readonly<Record<string, string>>
  readonly ingressUrl: string
  /** Through the load balancer, and where it tells of its targets; `null` = the path is another one. Need the resolver. */
  readonly alb: { readonly url: string; readonly targetHealthUrl: string; readonly timeScale: number } | null
  /** serviceUrl, ingressUrl or the URL of the load balancer, as `path` says. */
  readonly targetUrl: string
  /** A target on the same path that is not rolled. */
  readonly controlUrl: string
  readonly podHeader: string
  readonly namespace: string
  readonly deployment: string
  readonly truthFile: string | null
}
