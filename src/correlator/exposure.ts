import type { FailureCase } from './failure-case.ts'
import type { ControlFailure, Stall, Timeline } from './timeline.ts'

/** A stall shorter than this share of the request cannot have made it fail, unless it held at the judgement. */
const STALL_SHARE = 0.2
/** The judgement of a request comes at most this long after its event. */
const JUDGED_WITHIN_MS = 50

/**
 * The stall of the thread that sent the request in which the failure may be our own: it held when the request was
 * judged, or for a fifth of its time. `null` = none. Stalls of threads that send nothing do not count.
 */
export const stallDuring = (failure: FailureCase, stalls: readonly Stall[]): Stall | null => {
  const thread = `engine-${failure.worker}`
  for (const stall of stalls) {
    if (stall.fromMs > failure.endMs) break
    if (stall.toMs < failure.startMs) continue
    if (stall.thread !== thread && /^engine-\d+$/.test(stall.thread)) continue
    const sharedMs = Math.min(stall.toMs, failure.endMs) - Math.max(stall.fromMs, failure.startMs)
    const judged = stall.toMs >= failure.endMs - JUDGED_WITHIN_MS
    if (judged || sharedMs >= STALL_SHARE * (failure.endMs - failure.startMs)) return stall
  }
  return null
}

/** A control request that failed while the request was under way. */
export const controlFailedDuring = (failure: FailureCase, timeline: Timeline): ControlFailure | null =>
  timeline.controls.find((control) => control.fromMs <= failure.endMs && control.toMs >= failure.startMs) ??
  null

/**
 * Whether the failure counts against the target beyond doubt: no stall of ours and no failing control can have made
 * it, and it is not of kind `client`.
 */
export const isValid = (failure: FailureCase, timeline: Timeline, stalls: readonly Stall[]): boolean =>
  failure.kind !== 'client' &&
  stallDuring(failure, stalls) === null &&
  controlFailedDuring(failure, timeline) === null
