/** Kinds of failed requests. The phase decides, then the code (docs/bundle.md). */
export const FAILURE_KINDS = [
  'dns',
  'connect-refused',
  'connect-timeout',
  'connect-unreachable',
  'tls',
  'reset',
  'closed',
  'timeout',
  'truncated',
  'protocol',
  'status',
  'check',
  'client',
] as const
export type FailureKind = (typeof FAILURE_KINDS)[number]

/** `cut`: ended by us at the end of the run; neither ok nor failed. */
export const OUTCOMES = ['ok', 'failed', 'cut'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Who sent a request. Only `vuser` counts in requests, failures and latency. */
export const SOURCES = ['vuser', 'fresh', 'reused', 'control', 'twin'] as const
export type Source = (typeof SOURCES)[number]

/** How far the request had come when it failed. */
export type FailurePhase = 'connecting' | 'written' | 'answering' | 'complete' | 'own'

/** Who answered with an unexpected status; `null` when nothing tells. */
export type AnsweredBy = 'app' | 'proxy' | 'load-balancer'

/** What went wrong with one request, as seen on its socket. Facts only. */
export interface Failure {
  readonly kind: FailureKind
  readonly phase: FailurePhase
  /** Raw error code: ECONNRESET, UND_ERR_SOCKET, HPE_INVALID_CONSTANT …; `null` for `status` and `check`. */
  readonly code: string | null
  readonly syscall: string | null
  readonly message: string
  /** Status of the answer; `null` when no head came. */
  readonly status: number | null
  readonly layer: AnsweredBy | null
  /** Bytes of the answer's body that came. */
  readonly bytesSeen: number
}

/** A failure of our own machine, never of the target. */
export const isOwnFault = (kind: FailureKind): boolean => kind === 'client'
