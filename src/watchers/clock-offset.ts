import type { ClockSample } from '../kube/ports.ts'

/** The cluster's clock minus ours lies in [lowMs, highMs]. */
export interface OffsetInterval {
  readonly lowMs: number
  readonly highMs: number
}

const GRAIN_MS = 1000
/** Unix times come as whole ms. */
const ROUNDING_MS = 1

/**
 * What one answer tells: its Date d was written at some moment of ours between sent and received, when the server's
 * clock was in [d, d + 1 s). So offset ≥ d − received and offset ≤ d + 1 s − sent.
 */
export const offsetOf = ({ sentAtMs, receivedAtMs, dateMs }: ClockSample): OffsetInterval => ({
  lowMs: dateMs - receivedAtMs - ROUNDING_MS,
  highMs: dateMs + GRAIN_MS - sentAtMs + ROUNDING_MS,
})

/** Both hold. When they exclude each other, a clock was set in between: only the newer one counts. */
export const intersect = (older: OffsetInterval | null, newer: OffsetInterval): OffsetInterval => {
  if (older === null) return newer
  const lowMs = Math.max(older.lowMs, newer.lowMs)
  const highMs = Math.min(older.highMs, newer.highMs)
  return lowMs <= highMs ? { lowMs, highMs } : newer
}

export const offsetEstimate = ({ lowMs, highMs }: OffsetInterval) => ({
  offsetMs: (lowMs + highMs) / 2,
  uncertaintyMs: (highMs - lowMs) / 2,
})

/**
 * Ms to wait from `nowMs` (Unix) until an answer is worth most: when, were the offset in the middle of its interval,
 * the server's second would just turn. Each such answer halves the interval, down to the round trip.
 */
export const waitForTurnMs = ({ lowMs, highMs }: OffsetInterval, nowMs: number): number => {
  const serverMs = nowMs + (lowMs + highMs) / 2
  return GRAIN_MS - (((serverMs % GRAIN_MS) + GRAIN_MS) % GRAIN_MS)
}
