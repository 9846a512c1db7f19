import { FAILURE_KINDS, type FailureKind } from '../model/outcome.ts'

const MEANINGS: Readonly<Record<FailureKind, string>> = {
  dns: 'the name could not be resolved',
  'connect-refused': 'nobody listened at the address',
  'connect-timeout': 'no answer to the connection attempt',
  'connect-unreachable': 'no way to the address',
  tls: 'the TLS handshake failed',
  reset: 'connection reset after the request was sent',
  closed: 'connection closed after the request was sent',
  timeout: 'no complete answer in time',
  truncated: 'the answer broke off in the middle',
  protocol: 'the answer was not valid HTTP',
  status: 'an answer with an unexpected status',
  check: 'a complete answer with the wrong content',
  client: 'our own machine ran out of something',
}

const isKind = (kind: string): kind is FailureKind => FAILURE_KINDS.some((known) => known === kind)

/** What a failure kind means to the one who sees it; the kind itself when it is not known. */
export const kindMeaning = (kind: string): string => (isKind(kind) ? MEANINGS[kind] : kind)
