import type { Clock } from '../kernel/clock.ts'

/** A time in which this thread's event loop did not turn: nothing could be sent, read or judged. */
export interface Stall {
  /** Last moment at which the loop was seen alive, on the clock's monotonic scale. */
  readonly startedAtMs: number
  readonly durationMs: number
}

/**
 * Watches the event loop of the thread it is called in, with a timer every `tickMs`: a tick that comes `stallMs` or
 * more too late was a stall. Other threads are not disturbed and not seen. Returns the function that ends it.
 */
export const watchLoop = (
  clock: Clock,
  stallMs: number,
  onStall: (stall: Stall) => void,
  tickMs = Math.min(10, Math.max(1, stallMs / 4)),
): (() => void) => {
  let lastMs = clock.nowMs()
  return clock.every(tickMs, () => {
    const nowMs = clock.nowMs()
    const durationMs = nowMs - lastMs
    if (durationMs - tickMs >= stallMs) onStall({ startedAtMs: lastMs, durationMs })
    lastMs = nowMs
  })
}
