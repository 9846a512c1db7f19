import type { FailureKind, FailurePhase } from '../model/outcome.ts'

/** How far a request had come. `lookup`, `connect` and `handshake` belong to the connection that was to carry it. */
export type Stage = 'lookup' | 'connect' | 'handshake' | 'written' | 'answering' | 'complete'

/** What was seen of a failed request. `code` and `syscall` as the system or the HTTP parser named them. */
export interface Symptom {
  readonly stage: Stage
  readonly code: string | null
  readonly message: string
  /** The head of the answer was complete. */
  readonly headSeen: boolean
}

export interface Classified {
  readonly kind: FailureKind
  readonly phase: FailurePhase
}

/** Codes of our own making, beside those of the system and of the HTTP client. */
export const OWN_CODES = {
  /** Our deadline for the whole request. */
  deadline: 'ROLLPROOF_DEADLINE',
  /** Our deadline, in a time when our own event loop stood still. */
  stall: 'ROLLPROOF_STALL',
  /** The body grew beyond our limit. */
  bodyLimit: 'ROLLPROOF_BODY_LIMIT',
  /** Ended by us at the end of the run: no failure. */
  cut: 'ROLLPROOF_CUT',
} as const

/** Faults of the machine that sends: out of ports, descriptors, buffers, routes. Cause F1. */
const OWN_FAULTS = new Set([
  'EADDRNOTAVAIL',
  'EADDRINUSE',
  'EMFILE',
  'ENFILE',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOBUFS',
  'ENOMEM',
  'EPERM',
  'EACCES',
  OWN_CODES.stall,
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_DESTROYED',
  'UND_ERR_CLOSED',
])

const RESETS = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ESHUTDOWN', 'ENOTCONN'])
const UNREACHABLE = new Set(['EHOSTUNREACH', 'EHOSTDOWN'])
const TIMEOUTS = new Set<string>([
  OWN_CODES.deadline,
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

/** The parser met the end of the stream inside a message: cut off, not malformed. */
const CUT_OFF = new Set(['HPE_INVALID_EOF_STATE', 'HPE_CLOSED_CONNECTION'])
const isTls = (code: string): boolean =>
  /^(ERR_SSL|ERR_TLS|EPROTO$|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)

/** undici speaks of a closed and of a misbehaving peer with one code; the message tells which. */
const isClosed = (code: string, message: string): boolean =>
  code === 'UND_ERR_SOCKET' && !/^bad (response|upgrade)/.test(message)

/**
 * Names a failure: the phase decides, then the code (docs/bundle.md). A table, without state: same symptom, same
 * kind. Answers that are complete but wrong (`status`, wrong body) are judged elsewhere; here `complete` is `check`.
 */
export const classify = ({ stage, code, message, headSeen }: Symptom): Classified => {
  const own = code !== null && OWN_FAULTS.has(code)
  switch (stage) {
    case 'lookup':
      return code !== null && (code === OWN_CODES.stall || code === 'EMFILE' || code === 'ENFILE')
        ? { kind: 'client', phase: 'own' }
        : { kind: 'dns', phase: 'connecting' }
    case 'connect':
    case 'handshake':
      if (own) return { kind: 'client', phase: 'own' }
      return { kind: connecting(stage, code), phase: 'connecting' }
    case 'written':
    case 'answering': {
      if (own) return { kind: 'client', phase: 'own' }
      if (code === OWN_CODES.bodyLimit) return { kind: 'check', phase: 'answering' }
      return { kind: talking(stage, code, message, headSeen), phase: stage }
    }
    case 'complete':
      return { kind: 'check', phase: 'complete' }
  }
}

const connecting = (stage: 'connect' | 'handshake', code: string | null): FailureKind => {
  if (stage === 'handshake') return 'tls'
  if (code === null) return 'connect-unreachable'
  if (code === 'ECONNREFUSED') return 'connect-refused'
  if (TIMEOUTS.has(code)) return 'connect-timeout'
  if (UNREACHABLE.has(code)) return 'connect-unreachable'
  // The handshake had succeeded, and the reset was there before the connect was reported.
  if (RESETS.has(code)) return 'reset'
  return isTls(code) ? 'tls' : 'connect-unreachable'
}

const talking = (
  stage: 'written' | 'answering',
  code: string | null,
  message: string,
  headSeen: boolean,
): FailureKind => {
  if (code === null) return 'protocol'
  if (TIMEOUTS.has(code)) return 'timeout'
  // A path that died under an open connection: the retransmissions ended with what the network said.
  if (RESETS.has(code) || UNREACHABLE.has(code)) return stage === 'written' ? 'reset' : 'truncated'
  if (isClosed(code, message)) return stage === 'written' ? 'closed' : 'truncated'
  if (CUT_OFF.has(code)) return stage === 'written' ? 'closed' : 'truncated'
  // Fewer or more bytes than announced. Without a complete head the announcement itself was malformed.
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return headSeen ? 'truncated' : 'protocol'
  if (isTls(code)) return 'tls'
  return 'protocol'
}
