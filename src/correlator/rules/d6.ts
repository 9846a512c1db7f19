import type { FailureCase } from '../failure-case.ts'
import type { World } from '../world.ts'
import { endingFacts, endingPods, isProxyAnswer, only } from './ending-pods.ts'
import { cutAgeOf, exitingPods } from './exiting-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** A load balancer node ends all requests to a target at one instant. */
const ONE_INSTANT_MS = 30

const isBad = (failure: FailureCase, world: World): boolean =>
  failure.layer === 'load-balancer' && failure.status === 502 && isProxyAnswer(failure, world)

const CACHE = new WeakMap<World, readonly number[]>()

/** When requests ended that had certainly been worked on, ms, in order. Computed once per world. */
const endsInFlight = (world: World): readonly number[] => {
  const known = CACHE.get(world)
  if (known !== undefined) return known
  const ends = world.failures
    .filter((failure) => isBad(failure, world) && cutAgeOf(failure, undefined, world) === 'in-flight')
    .map(({ endMs }) => endMs)
    .sort((a, b) => a - b)
  CACHE.set(world, ends)
  return ends
}

const hasNear = (sorted: readonly number[], atMs: number): boolean => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < atMs - ONE_INSTANT_MS) low = middle + 1
    else high = middle
  }
  return (sorted[low] ?? Number.POSITIVE_INFINITY) <= atMs + ONE_INSTANT_MS
}

/** AWS, "Troubleshoot your Application Load Balancers", HTTP 502; "Edit target group attributes", deregistration delay. */
export const d6: Rule = {
  id: 'D6',
  title: 'The deregistration delay of the load balancer is over while a request is still in flight',
  fix: 'Make deregistration_delay.timeout_seconds longer than the longest request, and let preStop and grace outlast both.',
  group: 'cause',
  judge: (failure, world) => {
    if (!isBad(failure, world)) return null
    // A young request that ends with older ones was cut with them.
    if (!hasNear(endsInFlight(world), failure.endMs))
      return ruledOut('the answer came too soon for a request that was being worked on')
    const begun = endingPods(failure, world).filter(
      (line) =>
        line.terminating !== null &&
        line.terminating.earliest <= failure.endMs &&
        (line.exit?.latest ?? Number.POSITIVE_INFINITY) >= failure.endMs,
    )
    if (begun.length === 0) return ruledOut('no pod was being removed and still running')
    // What its own pod cuts, it cuts when it exits; the load balancer ends requests of pods that still run.
    const exiting = exitingPods(failure, world).length > 0
    return suspects(exiting ? 0.5 : 0.9, [failure.seq, ...endingFacts(begun)], { pod: only(begun) })
  },
}
