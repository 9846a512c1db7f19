import type { Clock } from '../kernel/clock.ts'
import type { ClusterReader } from '../kube/ports.ts'
import type { EventSink } from '../model/events.ts'
import { intersect, type OffsetInterval, offsetEstimate, offsetOf, waitForTurnMs } from './clock-offset.ts'

export interface ClockWatchOptions {
  readonly reader: ClusterReader
  readonly clock: Clock
  readonly sink: EventSink
  readonly signal: AbortSignal
}

/** Answers at the start; each halves the interval from 500 ms down, until the round trip is all that is left. */
const FIRST_SAMPLES = 8
const PAUSE_MS = 30_000
const SAMPLE_TIMEOUT_MS = 2000
/** An estimate is told again when it moved by this much, or became twice as good. */
const MOVED_MS = 5

/**
 * Estimates the cluster's clock minus ours from the Date headers of its answers, until `signal` aborts: a fact when
 * first known, when it has become twice as good, and when it moves. Drift is followed: each round starts anew.
 */
export const watchClock = async ({ reader, clock, sink, signal }: ClockWatchOptions): Promise<void> => {
  let told: { readonly offsetMs: number; readonly uncertaintyMs: number } | null = null

  const tell = (interval: OffsetInterval): void => {
    const estimate = offsetEstimate(interval)
    const moved = told === null || Math.abs(told.offsetMs - estimate.offsetMs) > told.uncertaintyMs + MOVED_MS
    if (!moved && told !== null && estimate.uncertaintyMs > told.uncertaintyMs / 2) return
    told = estimate
    sink({ type: 'clock.offset', ...estimate })
  }

  const round = async (): Promise<OffsetInterval | null> => {
    let interval: OffsetInterval | null = null
    for (let sample = 0; sample < FIRST_SAMPLES; sample++) {
      if (interval !== null) await clock.sleepMs(waitForTurnMs(interval, clock.epochMs()), signal)
      const answer = await reader.sampleClock({ signal, timeoutMs: SAMPLE_TIMEOUT_MS })
      interval = intersect(interval, offsetOf(answer))
      if (sample === 0 && told === null) tell(interval)
    }
    return interval
  }

  while (!signal.aborted) {
    try {
      const interval = await round()
      if (interval !== null) tell(interval)
    } catch {
      // No answer now: the offset is asked for again in the next round.
    }
    await clock.sleepMs(PAUSE_MS, signal).catch(() => {})
  }
}
