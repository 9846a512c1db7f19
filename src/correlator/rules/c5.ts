import { readyAt, servingAt } from '../endpoint-counts.ts'
import type { World } from '../world.ts'
import { isProxyAnswer, isSlowToLearn } from './ending-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** Nodes follow the slices within about a second: what was empty shortly before may still be empty there. */
const TAIL_MS = 1000
const TAILS_MS = [500, TAIL_MS, 1500]

/** seq of the last endpoint facts before the moment: those that emptied the list. */
const emptiedBy = (world: World, atMs: number): number[] =>
  world.timeline.pods
    .flatMap(
      (line) => line.endpoint.filter((state) => state.receivedAtMs <= atMs + TAIL_MS).at(-1)?.seq ?? [],
    )
    .sort((a, b) => a - b)
    .slice(-5)

/** openshift/origin#7562; kube-proxy falls back to endpoints that still serve while terminating (KEP-1669). */
export const c5: Rule = {
  id: 'C5',
  title: 'No pod was ready to take the request: the rollout let the number of endpoints fall to zero',
  fix: 'Set maxUnavailable to 0 and maxSurge to at least 1, so that a new pod is ready before an old one goes.',
  group: 'cause',
  judge: (failure, world) => {
    const proxied = isProxyAnswer(failure, world)
    const unnamed = failure.kind === 'dns' && (failure.code === 'ENOTFOUND' || failure.code === 'ENODATA')
    const refused =
      world.legOf(failure) !== 'l7' &&
      (failure.kind === 'connect-refused' || failure.kind === 'connect-unreachable')
    if (!proxied && !refused && !unnamed) return null
    const countAt = (atMs: number) =>
      proxied ? readyAt(world.timeline, atMs) : servingAt(world.timeline, atMs)
    const now = countAt(failure.startMs)
    if (now === null) return ruledOut('endpoints were not watched')
    const known = world.podOf(failure)
    if (known !== null) return ruledOut('the request was sent to a pod')
    const facts = [failure.seq, ...emptiedBy(world, failure.startMs)]
    // A proxy that gives 502 or 504 had a pod to try: its list lags, so an ending pod may have been what failed.
    const tried = proxied && failure.status !== 503
    // A load balancer keeps its targets for tens of seconds: what it tried was one that ended.
    const kept = tried && isSlowToLearn(failure, world)
    if (now.possible === 0) return suspects(kept ? 0.44 : tried ? 0.65 : 0.95, facts)
    if (now.certain === 0) return suspects(kept ? 0.44 : 0.65, facts)
    const wasEmpty = TAILS_MS.some((tailMs) => countAt(failure.startMs - tailMs)?.possible === 0)
    if (wasEmpty) return suspects(kept ? 0.44 : 0.6, facts)
    return ruledOut(
      proxied
        ? `${now.certain} to ${now.possible} endpoints were ready`
        : `${now.certain} to ${now.possible} endpoints were ready or serving`,
    )
  },
}
