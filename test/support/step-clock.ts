import type { Clock } from '../../src/kernel/clock.ts'

export interface StepClock extends Clock {
  /** Moves time on and calls what falls due, in order of time, then of setting. */
  advance(durationMs: number): void
}

interface Timer {
  readonly id: number
  dueAtMs: number
  readonly everyMs: number | null
  readonly callback: () => void
}

/** A clock that stands still until {@link StepClock.advance}. Starts at 2026-01-01T00:00:00Z. */
export const createStepClock = (startEpochMs = Date.UTC(2026, 0, 1)): StepClock => {
  let nowMs = 0
  let lastId = 0
  const timers = new Map<number, Timer>()

  const set = (delayMs: number, everyMs: number | null, callback: () => void): (() => void) => {
    const id = ++lastId
    timers.set(id, { id, dueAtMs: nowMs + Math.max(0, delayMs), everyMs, callback })
    return () => timers.delete(id)
  }

  const nextDue = (untilMs: number): Timer | undefined =>
    [...timers.values()]
      .filter((timer) => timer.dueAtMs <= untilMs)
      .sort((a, b) => a.dueAtMs - b.dueAtMs || a.id - b.id)[0]

  return {
    nowMs: () => nowMs,
    epochMs: () => startEpochMs + nowMs,
    after: (delayMs, callback) => set(delayMs, null, callback),
    every: (intervalMs, callback) => set(intervalMs, intervalMs, callback),
    sleepMs: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        const cancel = set(durationMs, null, resolve)
        signal?.addEventListener('abort', () => {
          cancel()
          reject(signal.reason)
        })
      }),
    advance: (durationMs) => {
      const untilMs = nowMs + durationMs
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        nowMs = Math.max(nowMs, timer.dueAtMs)
        if (timer.everyMs === null) timers.delete(timer.id)
        else timer.dueAtMs += timer.everyMs
        timer.callback()
      }
      nowMs = untilMs
    },
  }
}
