import type { PodSettings } from '../model/cluster.ts'
import type { Prediction } from '../model/prediction.ts'

/** Good answers of the run, µs. */
interface Measured {
  readonly count: number
  readonly p999Us: number
  readonly maxUs: number
}

const seconds = (us: number): string => `${(us / 1e6).toFixed(2).replace(/\.?0+$/, '')} s`

/**
 * What a run teaches of the liveness probe (E6): it gives up on answers that this run had, and that were good ones. The probe asks
 * another path, so it is no proof, and only a prediction for the next rollout; before a run nobody knows the answers. `null` = fits.
 */
export const livenessBelowAnswers = (
  settings: PodSettings | null | undefined,
  { count, p999Us, maxUs }: Measured,
): Prediction | null => {
  const probe = settings?.liveness
  if (probe === undefined || count === 0 || maxUs < probe.timeoutSeconds * 1e6) return null
  const { timeoutSeconds, periodSeconds, failureThreshold } = probe
  const restartsAfter = periodSeconds * (failureThreshold - 1) + timeoutSeconds
  return {
    id: 'liveness-below-slowest-answer',
    cause: 'E6',
    alsoCauses: ['C8'],
    // One answer in a thousand is what a probe meets within hours; the slowest of all, seldom.
    severity: p999Us >= timeoutSeconds * 1e6 || failureThreshold === 1 ? 'medium' : 'low',
    title: 'The liveness probe gives up sooner than good answers took',
    because: `livenessProbe has timeoutSeconds ${timeoutSeconds}, and of ${count} good answers the slowest took ${seconds(maxUs)}, p99.9 ${seconds(p999Us)}; a container that is as slow to the probe for ${restartsAfter} s (failureThreshold ${failureThreshold}, periodSeconds ${periodSeconds}) is restarted`,
    fix: `set livenessProbe.timeoutSeconds above ${seconds(maxUs)} (${Math.ceil(maxUs / 1e6) + 1} or more), failureThreshold to 3 or more, and let the probe ask nothing but whether the process is stuck`,
  }
}
