/** The door to time. Passed in as `clock`, so that pure parts and tests need no real time. */
export interface Clock {
  /** Monotonic ms, with a fraction, from an arbitrary origin. Subtract it, never print it. */
  nowMs(): number
  /** Unix ms. Print it, never subtract it. */
  epochMs(): number
  /** Resolves after `durationMs`, or rejects with the signal's reason when it aborts first. */
  sleepMs(durationMs: number, signal?: AbortSignal): Promise<void>
  /** Calls back once after `delayMs`; the returned function cancels. Does not keep the process alive. */
  after(delayMs: number, callback: () => void): () => void
  /** Calls back every `intervalMs`; the returned function cancels. Does not keep the process alive. */
  every(intervalMs: number, callback: () => void): () => void
}

/**
 * Monotonic µs of `process.hrtime`: one origin for all threads and processes of one machine
 * (CLOCK_MONOTONIC), unlike `performance.now()`, whose origin differs from worker to worker.
 */
export const monotonicUs = (): number => {
  const [seconds, nanos] = process.hrtime()
  return seconds * 1e6 + nanos / 1e3
}

export const systemClock: Clock = {
  nowMs: () => monotonicUs() / 1000,
  epochMs: () => Date.now(),
  sleepMs: (durationMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, durationMs)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
  every: (intervalMs, callback) => {
    const timer = setInterval(callback, intervalMs)
    timer.unref()
    return () => clearInterval(timer)
  },
}

/** Calls back after the event loop has polled its sockets once more: two `setImmediate` turns. */
export const onNextPoll = (callback: () => void): void => {
  setImmediate(() => setImmediate(callback))
}
