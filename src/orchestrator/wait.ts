import type { Clock } from '../kernel/clock.ts'
import type { ClusterView } from '../kube/ports.ts'

export interface WaitOptions {
  readonly view: ClusterView
  readonly clock: Clock
  /** ms of `clock.nowMs()`. */
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

/**
 * Resolves with the first non-null result of `look`, which is asked at once and after each change of the view; with
 * `null` at the deadline. Rejects with the signal's reason.
 */
export const waitFor = <T>(look: () => T | null, options: WaitOptions): Promise<T | null> =>
  new Promise((resolve, reject) => {
    const { view, clock, deadlineMs, signal } = options
    const stops: (() => void)[] = []
    const end = (): void => {
      for (const stop of stops.splice(0)) stop()
    }
    const settle = (result: T | null): void => {
      end()
      resolve(result)
    }
    const attempt = (): boolean => {
      try {
        const result = look()
        if (result === null) return false
        settle(result)
      } catch (error) {
        end()
        reject(error)
      }
      return true
    }
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    if (attempt()) return
    const onAbort = (): void => {
      end()
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    stops.push(() => signal.removeEventListener('abort', onAbort))
    stops.push(view.subscribe(attempt))
    stops.push(
      clock.after(Math.max(0, deadlineMs - clock.nowMs()), () => {
        if (!attempt()) settle(null)
      }),
    )
  })
