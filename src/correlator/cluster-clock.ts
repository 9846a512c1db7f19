import type { ClusterClaim, RunEvent } from '../model/events.ts'
import type { RunInfo } from '../model/run-info.ts'
import type { Interval } from './interval.ts'

/** Used when the run measured no offset: claims are then good to about two seconds only. */
const UNMEASURED_UNCERTAINTY_MS = 2000

/** Turns the cluster's claims (Unix ms on the cluster's clock) into ms since run start. */
export interface ClusterClock {
  /** `null` for no claim. The interval holds the grain of the stamp and the uncertainty of the offset. */
  toRun(claim: ClusterClaim): Interval | null
  readonly measured: boolean
  /** Half width of what is known of the offset. */
  readonly uncertaintyMs: number
}

/**
 * `clock.offset` says cluster clock − our clock ± uncertainty. Several samples narrow it to what they have in
 * common; samples that exclude each other (a clock that was stepped) widen it to all that was seen.
 */
export const clusterClock = (info: RunInfo, events: readonly RunEvent[]): ClusterClock => {
  let low = Number.NEGATIVE_INFINITY
  let high = Number.POSITIVE_INFINITY
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  for (const event of events) {
    if (event.type !== 'clock.offset') continue
    const from = event.offsetMs - event.uncertaintyMs
    const to = event.offsetMs + event.uncertaintyMs
    low = Math.max(low, from)
    high = Math.min(high, to)
    lowest = Math.min(lowest, from)
    highest = Math.max(highest, to)
  }
  const measured = lowest !== Number.POSITIVE_INFINITY
  if (!measured) {
    low = -UNMEASURED_UNCERTAINTY_MS
    high = UNMEASURED_UNCERTAINTY_MS
  } else if (low > high) {
    low = lowest
    high = highest
  }
  const origin = info.startedAt.epochMs
  return {
    measured,
    uncertaintyMs: (high - low) / 2,
    toRun: (claim) =>
      claim === null
        ? null
        : { earliest: claim.earliestAtMs - high - origin, latest: claim.latestAtMs - low - origin },
  }
}
