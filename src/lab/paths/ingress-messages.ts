/** Lab → ingress process, over IPC. */
export type ToIngress =
  | ({ readonly type: 'start' } & IngressSettings)
  | { readonly type: 'endpoints'; readonly endpoints: readonly Upstream[] }

export interface Upstream {
  readonly address: string
  readonly pod: string
}

export interface IngressSettings {
  readonly host: string
  readonly port: number
  /** Requests whose Host starts with `control.` go here, whatever the endpoints. */
  readonly control: Upstream
  readonly retry: boolean
  /** Each change of endpoints closes the idle client connections. */
  readonly reload: boolean
  readonly connectTimeoutMs: number
  readonly closeRaceMs: number
  readonly seed: number
}

/** How a try at one pod ended badly. `sent`: the request had gone out on a connection that was there. */
export interface FailedTry {
  readonly upstream: Upstream
  readonly kind:
    | 'refused'
    | 'connect-timeout'
    | 'unreachable'
    | 'reset'
    | 'closed'
    | 'timeout'
    | 'protocol'
    /** The load balancer itself ended it: the deregistration delay of the target was over. */
    | 'deregistered'
  readonly sent: boolean
  /** The connection had carried requests before. */
  readonly reused: boolean
  /** Of a load balancer: the target was not healthy, and was tried for want of healthy ones. */
  readonly failedOpen?: boolean
  /** Start of the try, monotonic µs. */
  readonly startedUs: number
  readonly endedUs: number
}

/** What every proxy process of the lab tells of itself at its start. */
export type FromProxyProcess =
  | { readonly type: 'listening' }
  | { readonly type: 'cannot-listen'; readonly message: string }

/** What every proxy of the lab tells of its requests. */
export type FromProxy = {
  /** A client got 502, 503 or 504 from us, or a body that ended too early. */
  readonly type: 'request-failed'
  /** Ours: where the client had connected to. */
  readonly proxyAddress: string
  readonly requestId: string | null
  readonly clientPort: number
  readonly method: string
  readonly status: number | null
  readonly tries: readonly FailedTry[]
  readonly atUs: number
  /** The answer's head was out when the pod's connection ended. */
  readonly bodyCut: boolean
}

/** Ingress process → lab. */
export type FromIngress =
  | FromProxyProcess
  | FromProxy
  | {
      /** A reload closed this connection (or dropped this request on it). */
      readonly type: 'reload-closed'
      readonly requestId: string | null
      readonly clientPort: number
      readonly atUs: number
    }
