import { type Clock, systemClock } from '../../src/kernel/clock.ts'

const TICK_MS = 2
/** What one turn of the event loop may take of this clock's time. */
const MOST_MS = 20

interface Timer {
  readonly dueAtMs: number
  readonly fire: () => void
}

/**
 * The time of a machine that is never too busy: while this process is not let run, the clock stands still, so that a deadline
 * never comes before an answer of the same process. For tests whose clients and servers share a process.
 */
export const startCalmClock = (): Clock & { stop(): void } => {
  const epochStartMs = systemClock.epochMs()
  let nowMs = 0
  let lastMs = systemClock.nowMs()
  const timers = new Set<Timer>()
  const stop = systemClock.every(TICK_MS, () => {
    const realMs = systemClock.nowMs()
    nowMs += Math.min(MOST_MS, realMs - lastMs)
    lastMs = realMs
    const due = [...timers].filter(({ dueAtMs }) => dueAtMs <= nowMs).sort((a, b) => a.dueAtMs - b.dueAtMs)
    for (const timer of due) if (timers.delete(timer)) timer.fire()
  })
  const after = (delayMs: number, fire: () => void): (() => void) => {
    const timer = { dueAtMs: nowMs + delayMs, fire }
    timers.add(timer)
    return () => timers.delete(timer)
  }
  return {
    stop,
    nowMs: () => nowMs,
    epochMs: () => Math.round(epochStartMs + nowMs),
    sleepMs: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const onAbort = (): void => {
          cancel()
          reject(signal?.reason)
        }
        const cancel = after(durationMs, () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    after,
    every: (intervalMs, callback) => {
      let cancel = (): void => {}
      const again = (): void => {
        cancel = after(intervalMs, () => {
          again()
          callback()
        })
      }
      again()
      return () => cancel()
    },
  }
}
