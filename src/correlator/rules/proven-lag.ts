import type { FailureCase } from '../failure-case.ts'
import type { PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'
import { endingPods, isProxyAnswer, routedUntilMs } from './ending-pods.ts'
import { SLACK_MS } from './rule.ts'

/** A lag that was seen once may be this much longer another time. */
const GROWTH = 1.2
const GROWTH_MS = 1000

const CACHE = new WeakMap<World, number>()

/** Since the slice changed, ms. */
const lagOf = (failure: FailureCase, line: PodLine): number =>
  failure.startMs - (line.unrouted?.latest ?? line.gone?.latest ?? Number.POSITIVE_INFINITY)

/** Pods that ended so recently that the news of it may not have spread yet. */
export const recentPods = (failure: FailureCase, world: World): readonly PodLine[] =>
  endingPods(failure, world).filter(
    (line) =>
      line.sigterm !== null &&
      failure.endMs >= line.sigterm.earliest - SLACK_MS &&
      failure.startMs <= routedUntilMs(line).surely,
  )

/** Attempts that a route to a pod which is gone would make fail. */
const isRouted = (failure: FailureCase, world: World): boolean =>
  failure.kind === 'connect-timeout' ||
  failure.kind === 'connect-unreachable' ||
  (isProxyAnswer(failure, world) && failure.status === 504) ||
  (failure.kind === 'timeout' && world.legOf(failure) === 'l7')

/**
 * The longest lag that the run shows beyond doubt, ms: of attempts that no recent end of a pod explains, since the last
 * slice change before them. 0 = none. Computed once per world.
 */
const longestLagMs = (world: World): number => {
  const known = CACHE.get(world)
  if (known !== undefined) return known
  let longest = 0
  for (const failure of world.failures) {
    if (!isRouted(failure, world) || recentPods(failure, world).length > 0) continue
    const lags = endingPods(failure, world)
      .map((line) => lagOf(failure, line))
      .filter((lag) => lag > 0)
    if (lags.length > 0) longest = Math.max(longest, Math.min(...lags))
  }
  CACHE.set(world, longest)
  return longest
}

/** Whether a pod among `late` may still have been routed to, by the lag that other failures of the run prove. */
export const lagIsProven = (failure: FailureCase, late: readonly PodLine[], world: World): boolean => {
  const mostMs = longestLagMs(world)
  return mostMs > 0 && late.some((line) => lagOf(failure, line) <= mostMs * GROWTH + GROWTH_MS)
}
