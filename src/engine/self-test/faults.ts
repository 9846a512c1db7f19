import type { AnsweredBy, FailureKind } from '../../model/outcome.ts'

/** Where a fault happens: at an address of its own, or as the answer of the fault server. */
export type FaultPlace = 'nothing-listens' | 'backlog-full' | 'reset-on-accept' | 'tls' | 'answer'

/** What the engine must report for it. Requests that led up to the fault must be ok. */
export interface FaultExpectation {
  readonly outcomes: readonly (FailureKind | 'ok')[]
  /** The connection had carried requests before; absent = either. */
  readonly reused?: boolean
  /** A head came before the end; absent = either. */
  readonly headSeen?: boolean
  readonly layer?: AnsweredBy
}

export interface WireFault {
  readonly number: number
  readonly name: string
  readonly place: FaultPlace
  /** Requests on one connection until the fault shows: 2 = it needs a connection that was used. */
  readonly requests: 1 | 2
  /** It ends by our deadline. */
  readonly slow: boolean
  readonly expected: FaultExpectation
}

const fault = (
  number: number,
  name: string,
  outcomes: FaultExpectation['outcomes'],
  more: Partial<Omit<WireFault, 'expected'>> & Omit<FaultExpectation, 'outcomes'> = {},
): WireFault => {
  const { place = 'answer', requests = 1, slow = false, ...expected } = more
  return { number, name, place, requests, slow, expected: { outcomes, ...expected } }
}

/** The wire faults that the engine must tell apart, and what it must call each. */
export const WIRE_FAULTS: readonly WireFault[] = [
  fault(1, 'nothing-listens', ['connect-refused'], { place: 'nothing-listens' }),
  fault(2, 'backlog-full', ['connect-timeout'], { place: 'backlog-full', slow: true }),
  fault(3, 'reset-on-accept', ['reset'], { place: 'reset-on-accept' }),
  fault(4, 'reset-before-answer', ['reset'], { headSeen: false }),
  fault(5, 'fin-before-answer', ['closed'], { headSeen: false }),
  fault(6, 'reset-on-reused', ['reset'], { requests: 2, reused: true }),
  fault(7, 'fin-on-reused', ['closed'], { requests: 2, reused: true }),
  fault(8, 'idle-closed', ['ok', 'closed'], { requests: 2 }),
  fault(9, 'silence', ['timeout'], { slow: true, headSeen: false }),
  fault(10, 'head-then-silence', ['timeout'], { slow: true, headSeen: true }),
  fault(11, 'length-cut-by-fin', ['truncated'], { headSeen: true }),
  fault(12, 'length-cut-by-reset', ['truncated'], { headSeen: true }),
  fault(13, 'chunked-cut-by-fin', ['truncated'], { headSeen: true }),
  fault(14, 'chunked-cut-by-reset', ['truncated'], { headSeen: true }),
  fault(15, 'trickle', ['timeout'], { slow: true, headSeen: true }),
  fault(16, 'endless-body', ['timeout', 'check'], { slow: true, headSeen: true }),
  fault(17, 'status-502-proxy', ['status'], { layer: 'proxy' }),
  fault(18, 'status-503-app', ['status'], { layer: 'app' }),
  fault(19, 'wrong-body', ['check']),
  fault(20, 'garbage', ['protocol']),
  fault(21, 'bad-head', ['protocol']),
  fault(22, 'endless-interim', ['timeout'], { slow: true, headSeen: false }),
  fault(23, 'bytes-after-answer', ['ok', 'closed', 'reset', 'protocol'], { requests: 2 }),
  fault(24, 'expired-certificate', ['tls'], { place: 'tls' }),
]

/** Body of every good answer. */
export const GOOD_BODY = 'all is well\n'
export const POD_NAME = 'fault-server'
