import type { FailureCase } from '../failure-case.ts'
import type { PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'
import { endingFacts, endingPods, isProxyAnswer, only } from './ending-pods.ts'
import { cutAgeOf, exitingPods } from './exiting-pods.ts'
import { type Rule, ruledOut, SLACK_MS, suspects } from './rule.ts'

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

/** Pods that were being removed and certainly still ran when the load balancer answered. */
const runningPods = (failure: FailureCase, world: World): readonly PodLine[] =>
  endingPods(failure, world).filter(
    (line) =>
      line.terminating !== null &&
      line.terminating.earliest <= failure.endMs &&
      (line.exit?.earliest ?? Number.POSITIVE_INFINITY) > failure.endMs + SLACK_MS,
  )

/** From when the pod's target was deregistered, as far as the cluster shows it, ms. */
const removedAtMs = (line: PodLine): number => line.unrouted?.latest ?? line.terminating?.latest ?? 0

/** Two observations of the same delay differ by the load balancer's own delays, at most so much. */
const SAME_DELAY_MS = 500

const DELAYS = new WeakMap<World, readonly number[]>()

/** Deregistration delays, ms, that failures show which nothing but the delay explains. Computed once per world. */
const delaysOf = (world: World): readonly number[] => {
  const known = DELAYS.get(world)
  if (known !== undefined) return known
  const delays = world.failures
    .filter((failure) => isBad(failure, world) && hasNear(endsInFlight(world), failure.endMs))
    .filter((failure) => exitingPods(failure, world).length === 0)
    .flatMap((failure) => {
      const line = only(runningPods(failure, world))
      return line === null ? [] : [failure.endMs - removedAtMs(line)]
    })
  DELAYS.set(world, delays)
  return delays
}

/** Targets are asked for once a second, and the answer takes its time. */
const POLL_MS = 1300

/** seq of the fact that the target of one of these pods went from draining to unused when the request ended; `null` = none. */
const endOfDraining = (failure: FailureCase, pods: readonly PodLine[], world: World): number | null =>
  world.timeline.events.find(
    (event) =>
      event.type === 'target.state' &&
      event.state === 'unused' &&
      event.atMs >= failure.endMs - SLACK_MS &&
      event.atMs <= failure.endMs + POLL_MS &&
      pods.some(({ ip }) => ip === event.target),
  )?.seq ?? null

/** AWS, "Troubleshoot your Application Load Balancers", HTTP 502; "Edit target group attributes", deregistration delay. */
export const d6: Rule = {
  id: 'D6',
  title: 'The deregistration delay of the load balancer is over while a request is still in flight',
  fix: 'Make deregistration_delay.timeout_seconds longer than the longest request, and let preStop and grace outlast both.',
  group: 'cause',
  judge: (failure, world) => {
    if (!isBad(failure, world)) return null
    if (world.targets === 'nodes')
      return ruledOut('the targets of the load balancer are nodes, which a rollout does not deregister')
    // A young request that ends with older ones was cut with them.
    if (!hasNear(endsInFlight(world), failure.endMs))
      return ruledOut('the answer came too soon for a request that was being worked on')
    const running = runningPods(failure, world)
    if (running.length === 0) return ruledOut('no pod was being removed and still running')
    const evidence = [failure.seq, ...endingFacts(running)]
    const unused = endOfDraining(failure, running, world)
    if (unused !== null) return suspects(0.97, [...evidence, unused], { pod: only(running) })
    // What its own pod cuts, it cuts when it exits; the load balancer ends requests of pods that still run.
    if (exitingPods(failure, world).length === 0) return suspects(0.9, evidence, { pod: only(running) })
    const delays = delaysOf(world)
    const due = running.filter((line) =>
      delays.some((delayMs) => Math.abs(failure.endMs - removedAtMs(line) - delayMs) <= SAME_DELAY_MS),
    )
    // Delays are long by default (300 s): a coincidence with an exit needs another sign of one.
    return suspects(due.length > 0 ? 0.97 : 0.5, evidence, { pod: only(due) })
  },
}
