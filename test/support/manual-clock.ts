import type { Clock } from '../../src/kernel/clock.ts'

export interface ManualClock extends Clock {
  /** Moves on by this much, firing what falls due, in order. */
  advance(durationMs: number): Promise<void>
  /** Moves on from one due moment to the next until `promise` settles, and returns what it settles with. */
  runUntil<T>(promise: Promise<T>, limitMs?: number): Promise<T>
}

interface Timer {
  readonly dueAtMs: number
  readonly fire: () => void
}

/** Lets everything that waits for no time run on. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A clock that stands still until it is moved. Unix time starts at `epochMs`. */
export const createManualClock = (epochStartMs = Date.UTC(2026, 10, 21, 12)): ManualClock => {
  let nowMs = 0
  const timers = new Set<Timer>()

  const add = (delayMs: number, fire: () => void): (() => void) => {
    const timer = { dueAtMs: nowMs + delayMs, fire }
    timers.add(timer)
    return () => timers.delete(timer)
  }

  const next = (): Timer | null => {
    let first: Timer | null = null
    for (const timer of timers) if (first === null || timer.dueAtMs < first.dueAtMs) first = timer
    return first
  }

  const fire = async (timer: Timer): Promise<void> => {
    timers.delete(timer)
    nowMs = Math.max(nowMs, timer.dueAtMs)
    timer.fire()
    await settled()
  }

  return {
    nowMs: () => nowMs,
    epochMs: () => epochStartMs + nowMs,
    sleepMs: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const onAbort = (): void => {
          cancel()
          reject(signal?.reason)
        }
        const cancel = add(durationMs, () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    after: (delayMs, callback) => add(delayMs, callback),
    every: (intervalMs, callback) => {
      let stopped = false
      const cancels: (() => void)[] = []
      const again = (): void => {
        cancels.push(
          add(intervalMs, () => {
            if (stopped) return
            callback()
            again()
          }),
        )
      }
      again()
      return () => {
        stopped = true
        for (const cancel of cancels) cancel()
      }
    },
    advance: async (durationMs) => {
      await settled()
      const untilMs = nowMs + durationMs
      for (let timer = next(); timer !== null && timer.dueAtMs <= untilMs; timer = next()) await fire(timer)
      nowMs = untilMs
      await settled()
    },
    runUntil: async (promise, limitMs = 3_600_000) => {
      let done = false
      const finish = (): void => {
        done = true
      }
      promise.then(finish, finish)
      await settled()
      const untilMs = nowMs + limitMs
      while (!done) {
        const timer = next()
        if (timer === null || timer.dueAtMs > untilMs) throw new Error(`nothing more is due at ${nowMs} ms`)
        await fire(timer)
      }
      return promise
    },
  }
}
