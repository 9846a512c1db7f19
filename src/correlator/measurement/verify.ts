import type { FailureVerdict } from '../../model/finding.ts'
import { ENOUGH_TERMINATIONS, type Verification } from '../../model/measurement.ts'
import { correlate } from '../correlate.ts'
import type { CorrelatorInput, LongInput } from '../input.ts'
import { wilson } from '../statistics/wilson.ts'
import { exactZeroBound } from '../statistics/zero-bound.ts'
import { buildWorld } from '../world.ts'

/** Causes that a longer preStop mends: requests that were still routed to a pod that no longer listened. */
const MENDED: ReadonlySet<string> = new Set(['A1', 'A2', 'A5', 'B1', 'B2', 'B3', 'B4'])

/** Whether a longer preStop might have saved the request; what is not sure counts as yes. */
const isMended = (
  { cause, candidates, requestsOnConnection }: FailureVerdict,
  behindProxy: boolean,
): boolean => {
  if (MENDED.has(cause)) return true
  if (cause === 'ambiguous') return candidates.some((id) => MENDED.has(id))
  return cause === 'unexplained' && (behindProxy || requestsOnConnection === 0)
}

/** Judges the bundle of restarts that were made with `preStopSeconds` in place. Pure. */
export const verifyPreStop = (input: CorrelatorInput | LongInput, preStopSeconds: number): Verification => {
  const { report, findings } = correlate(input)
  const world = buildWorld(input)
  // What failed before the first restart is about pods that ended before it.
  const firstMs = world.timeline.rollouts[0]?.requestedAtMs ?? 0
  const failures = findings.filter(
    (verdict) => verdict.startedAtMs >= firstMs && isMended(verdict, world.path.leg === 'l7'),
  )
  const failed = failures.length
  const { terminations } = report.bounds
  const accepted: readonly string[] = world.info.scenario.acceptUnproven
  const unproven = report.reasons.filter(
    ({ id, holds }) => /^H\d+$/.test(id) && holds !== true && !accepted.includes(id),
  )
  // Failures of one pod's end come together: terminations are the trials, not requests.
  const hit = new Set(failures.map(({ pod, startedAtMs }) => pod ?? Math.round(startedAtMs / 1000))).size
  const bound =
    failed === 0
      ? exactZeroBound(terminations)
      : (wilson(Math.min(hit, terminations), terminations)?.high ?? null)
  const counts = `${failed} of ${report.requests.started} requests failed for want of preStop, over ${terminations} pod terminations`
  const holds = failed > 0 ? false : unproven.length > 0 || terminations < ENOUGH_TERMINATIONS ? null : true
  const why =
    failed > 0
      ? 'preStop is too short on this path'
      : terminations < ENOUGH_TERMINATIONS
        ? `too few for a statement at 5 %: it needs ${ENOUGH_TERMINATIONS}`
        : unproven.length > 0
          ? `not shown: ${unproven.map(({ id, claim }) => `${claim} (${id})`).join('; ')}`
          : 'at most 5 % of terminations drop something (95 % confidence)'
  return {
    runId: report.runId,
    preStopSeconds,
    terminations,
    requests: report.requests.started,
    failed,
    otherFailures: findings.length - failed,
    bound,
    holds,
    because: `${counts}: ${why}`,
  }
}
