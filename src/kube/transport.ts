import type { EpochMs } from '../kernel/units.ts'

/** What a call is for, so that its errors can name it. */
export interface CallPurpose {
  readonly verb: string
  readonly resource: string
  readonly namespace: string | null
  readonly name: string | null
}

export interface KubeCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  /** Path and query, from `/`. */
  readonly path: string
  readonly purpose: CallPurpose
  readonly body?: unknown
  /** Of the body; `application/json` when not given. */
  readonly contentType?: string
  /** For the whole answer; the connection's own limit when not given. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface KubeAnswer {
  readonly body: unknown
  /** The Date header as it came. */
  readonly date: string | null
  readonly sentAtMs: EpochMs
  readonly receivedAtMs: EpochMs
}

/** HTTP to one API server. Both methods throw HarnessError with a KUBE_ code; an abort throws the signal's reason. */
export interface KubeTransport {
  readonly server: string
  /** One call, one answer of 2xx, its JSON read. */
  request(call: KubeCall): Promise<KubeAnswer>
  /** The body of a 200 as it comes, without a limit of time. Ends normally only at the end of the body. */
  stream(call: KubeCall): Promise<AsyncIterable<Uint8Array>>
}
