import { type Clock, onNextPoll } from '../../kernel/clock.ts'
import type { HandlerResult } from './handlers.ts'
import type { ProbeSpec } from './pod-spec.ts'

export interface ProberOptions {
  readonly clock: Clock
  readonly probe: ProbeSpec
  /** One try; the signal aborts at the probe's timeout and at stop. */
  readonly check: (signal: AbortSignal) => Promise<HandlerResult>
  /** A state change: `failureThreshold` failures or `successThreshold` successes in a row. */
  readonly onResult: (good: boolean) => void
  readonly onFailure?: (message: string) => void
}

/**
 * One probe of one container (kubelet, prober/worker.go): first after the initial delay, then every period, one at
 * a time. Its result is unknown at first and then changes by its thresholds; each change is told once. An answer that had
 * arrived wins over the timeout: a stall of the lab is no failure of all its pods at once.
 * The returned function ends it.
 */
export const startProber = ({ clock, probe, check, onResult, onFailure }: ProberOptions): (() => void) => {
  const ended = new AbortController()
  let result: boolean | null = null
  let inRow = 0
  let lastGood: boolean | null = null

  const judge = (outcome: HandlerResult): void => {
    inRow = outcome.ok === lastGood ? inRow + 1 : 1
    lastGood = outcome.ok
    if (!outcome.ok) onFailure?.(outcome.message)
    if (inRow < (outcome.ok ? probe.successThreshold : probe.failureThreshold) || result === outcome.ok)
      return
    result = outcome.ok
    onResult(result)
  }

  const loop = async (): Promise<void> => {
    await clock.sleepMs(probe.initialDelayMs, ended.signal)
    for (;;) {
      const startedMs = clock.nowMs()
      const attempt = new AbortController()
      const cancel = clock.after(probe.timeoutMs, () => onNextPoll(() => attempt.abort()))
      const outcome = await check(AbortSignal.any([attempt.signal, ended.signal]))
      cancel()
      if (ended.signal.aborted) return
      judge(outcome)
      await clock.sleepMs(Math.max(0, probe.periodMs - (clock.nowMs() - startedMs)), ended.signal)
    }
  }
  loop().catch((error: unknown) => {
    if (!ended.signal.aborted) throw error
  })
  return () => ended.abort()
}
