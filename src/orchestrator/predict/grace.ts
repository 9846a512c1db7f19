import type { Prediction } from '../../model/prediction.ts'
import { hookSeconds, hookWords, MARGIN_SECONDS, type Predictor } from './predictor.ts'
import { drainTimeOf, shutdownDelayOf } from './timings.ts'

const FIELD = 'terminationGracePeriodSeconds'

/** A15 with no grace at all; A4 when preStop, drain and a margin do not fit into it. The grace period includes the hook. */
export const predictGrace: Predictor = ({ workload }, hints) => {
  const { gracePeriodSeconds: grace, main } = workload
  if (grace === 0) {
    return [
      {
        id: 'no-grace',
        cause: 'A15',
        alsoCauses: ['A3', 'A4', 'A16'],
        severity: 'high',
        title: 'No grace at all: pods are killed without a SIGTERM',
        because: `${FIELD} is 0, so no hook runs and every request in flight is cut`,
        fix: 'set terminationGracePeriodSeconds above preStop + longest request (30 is the default)',
      },
    ]
  }
  const hook = hookSeconds(main.preStop)
  if (hook === null) return []
  const shared = { cause: 'A4', alsoCauses: ['A9'] } as const
  if (hook > 0 && hook >= grace) {
    return [
      {
        ...shared,
        id: 'pre-stop-fills-grace',
        alsoCauses: ['A3', 'A9', 'A16'],
        severity: 'high',
        title: 'preStop takes the whole grace period',
        because: `${hookWords(main.preStop)}, ${FIELD} is ${grace}: the effective preStop is min(${hook}, ${grace}) = ${grace} s, then SIGTERM comes with 2 s left before SIGKILL`,
        fix: `set ${FIELD} above preStop + drain + ${MARGIN_SECONDS} s: at least ${Math.ceil(hook + (hints.drainSeconds ?? drainTimeOf(main)?.seconds ?? 10) + MARGIN_SECONDS)}`,
      },
    ]
  }
  const named = drainTimeOf(main)
  const drain = hints.drainSeconds ?? named?.seconds ?? null
  // Whether an app's own delay comes before its drain or is part of it, its settings do not say: at least the longer.
  const delay = shutdownDelayOf(main)
  const needed = hook + Math.max(delay?.seconds ?? 0, drain ?? 0)
  if (needed + MARGIN_SECONDS <= grace) return []
  const parts = [
    `${hook} s preStop`,
    ...(delay !== null && delay.seconds > (drain ?? 0) ? [`${delay.seconds} s delay (${delay.source})`] : []),
    drain === null
      ? 'whatever time the app needs to drain'
      : `${drain} s drain (${hints.drainSeconds === null ? named?.source : 'as given'})`,
    `${MARGIN_SECONDS} s margin`,
  ]
  const prediction: Prediction = {
    ...shared,
    id: 'grace-too-short',
    severity: drain !== null && needed <= grace ? 'low' : 'medium',
    title: 'The grace period is too short for preStop, drain and a margin',
    because: `${parts.join(' + ')} > ${grace} s (${FIELD}): long requests are cut by SIGKILL`,
    fix: `set terminationGracePeriodSeconds to ${Math.ceil(needed + MARGIN_SECONDS + (drain === null ? 10 : 0))} or more, or drain for less time`,
  }
  return [prediction]
}
