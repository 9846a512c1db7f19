import type { FailureCase } from '../failure-case.ts'
import { covers } from '../interval.ts'
import { percentile } from '../statistics/percentile.ts'
import type { World } from '../world.ts'
import { crossingMs } from './ending-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** Shorter than this is no idle time-out: no server has one below it. */
const SHORTEST_IDLE_MS = 500
/** Idle times within this share of their median count as one constant. */
const SPREAD = 0.25

/** The idle time at which the other side closes, when the failures with this signature have one in common. */
export const commonIdleMs = (idles: readonly number[]): number | null => {
  const median = percentile(idles, 50)
  const low = percentile(idles, 10)
  const high = percentile(idles, 90)
  if (median === null || low === null || high === null || idles.length < 2) return null
  return median >= SHORTEST_IDLE_MS && high - low <= SPREAD * median ? median : null
}

/** How often per request this signature came in the windows of terminations, against the time before them. */
export const rateRatio = (failure: FailureCase, world: World): number => {
  const { before, inside } = world.baseline.of(failure)
  const { startedBefore, startedInside } = world.baseline
  if (before === 0 || startedBefore === 0 || startedInside === 0) return Number.POSITIVE_INFINITY
  return inside / startedInside / (before / startedBefore)
}

/** nodejs/node#62782, #59243. */
export const d1: Rule = {
  id: 'D1',
  title: 'The other side closes idle connections sooner than the client does',
  fix: 'Make the keep-alive time-out of the server longer than the idle time-out of the client or load balancer in front of it.',
  group: 'cause',
  judge: (failure, world) => {
    const cut = failure.kind === 'reset' || failure.kind === 'closed'
    if (!cut || failure.fresh || failure.firstByteMs !== null) return null
    const { untilMs, windows } = world.baseline
    const signature = world.baseline.of(failure)
    if (untilMs !== null && signature.before < 2)
      return ruledOut('there was no such failure before the first restart')
    const idleMs = commonIdleMs(signature.idleMs)
    if (idleMs === null || failure.idleMs === null)
      return ruledOut('the connections that closed had not all been idle for the same time')
    if (Math.abs(failure.idleMs - idleMs) > SPREAD * idleMs)
      return ruledOut(
        `the connection had been idle for ${Math.round(failure.idleMs)} ms, not ${Math.round(idleMs)} ms`,
      )
    if (failure.ageMs > Math.max(30, 3 * crossingMs(world).lenient))
      return ruledOut('the request had been with the server for longer than a round trip')
    const facts = [failure.seq, ...signature.seqs]
    const okIdle = world.rows.okIdleMs
    const atTheEdge = okIdle !== null && idleMs >= okIdle.p90 && okIdle.p90 > 1.3 * okIdle.p10
    const survives = okIdle !== null && okIdle.max > 1.5 * idleMs
    if (survives) return ruledOut('connections stayed open through longer idle times')
    if (untilMs === null)
      return atTheEdge ? suspects(0.75, facts) : ruledOut('all idle times are alike, so they tell nothing')
    if (!covers(windows, failure.startMs) && !covers(windows, failure.endMs)) return suspects(0.85, facts)
    return suspects(rateRatio(failure, world) <= 2 ? 0.85 : 0.65, facts)
  },
}
