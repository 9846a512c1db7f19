import type { FailureCase } from '../failure-case.ts'
import { type Interval, overlaps } from '../interval.ts'
import { isGatewayStatus } from '../path.ts'
import type { PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'
import { SLACK_MS } from './rule.ts'

/** How the hook stood that should hold SIGTERM back. */
export type Hook = 'none' | 'works' | 'failed' | 'unknown'

export const hookOf = (line: PodLine): Hook => {
  if (line.hookFailed !== null) return 'failed'
  if (line.settings === null) return 'unknown'
  return line.preStopMs.maxMs === 0 ? 'none' : 'works'
}

/** Whether the failure is a proxy's own 502, 503 or 504. */
export const isProxyAnswer = (failure: FailureCase, world: World): boolean =>
  failure.kind === 'status' &&
  failure.layer !== 'app' &&
  isGatewayStatus(failure.status) &&
  world.legOf(failure) === 'l7'

export const exposureOf = (failure: FailureCase): Interval => ({
  earliest: failure.startMs,
  latest: Math.max(failure.startMs, failure.endMs),
})

/** Pods that the failure can be about: the one it is known to have met, else all that were ending then. */
export const endingPods = (failure: FailureCase, world: World): readonly PodLine[] => {
  const known = world.podOf(failure)
  if (known !== null) return known.line.terminating === null ? [] : [known.line]
  return world.index.ending(exposureOf(failure))
}

/** What is known of how a pod ended, as evidence. */
export const endingFacts = (lines: readonly PodLine[]): (number | undefined)[] =>
  lines
    .slice(0, 3)
    .flatMap((line) => [
      line.terminating?.seq,
      line.unrouted?.seq,
      line.exited?.seq,
      line.deleted?.seq,
      line.hookFailed ?? undefined,
    ])

/** The one pod of the list; `null` when there are several or none. */
export const only = (lines: readonly PodLine[]): PodLine | null =>
  lines.length === 1 ? (lines[0] ?? null) : null

/** The moment lies within the interval, or at most {@link SLACK_MS} beside it. */
export const near = (atMs: number, interval: Interval | null): boolean =>
  interval !== null && atMs >= interval.earliest - SLACK_MS && atMs <= interval.latest + SLACK_MS

/** What a load balancer of a cloud answered, or kept the client waiting for: it learns of removals by itself. */
export const viaBalancer = (failure: FailureCase, world: World): boolean =>
  failure.layer === 'load-balancer' ||
  (failure.layer === null && world.path.balancer && world.legOf(failure) === 'l7')

/**
 * A cloud's load balancer sends on for so long (aws-load-balancer-controller#2366, #2106: 10 to 75 s, more than 2 min for
 * NLB). That is its way (B4), never an excess of lag.
 */
const BALANCER_LAG_MS = 120_000

/** News of a removal is overdue this long after the slice changed; only beyond it is the lag itself the root (B1, B3). */
const NORMAL_LAG_MS = 3000

/** A slice change that is known to the second is as good as exact against {@link NORMAL_LAG_MS}. */
const EXACT_MS = 1000

/**
 * Until when new requests may still be sent to the pod although nothing is slower than usual: certainly, and at most
 * (the two differ when the slice change was learned of late, so that its time is not known).
 * @param balancer through a load balancer of a cloud
 */
export const routedUntilMs = (
  line: PodLine,
  balancer = false,
): { readonly surely: number; readonly atMost: number } => {
  const lagMs = balancer ? BALANCER_LAG_MS : NORMAL_LAG_MS
  const latest = line.unrouted?.latest ?? line.gone?.latest ?? Number.POSITIVE_INFINITY
  const earliest = line.unrouted?.earliest ?? line.terminating?.earliest ?? latest
  return { surely: Math.min(latest, earliest + EXACT_MS) + lagMs, atMost: latest + lagMs }
}

/**
 * Age up to which a request may have crossed the close of its connection on the way, ms. `strict`: two round trips.
 * `lenient`: with what our own thread may add, which shows in how long connects take, but never half of what the
 * fastest answers take.
 */
export const crossingMs = (world: World): { readonly strict: number; readonly lenient: number } => {
  const trip = world.rows.roundTripMs
  const strict = Math.max(1, 2 * (trip?.p50 ?? 0.5))
  const noiseMs = Math.min(Math.max(3, trip?.p95 ?? 3), (world.rows.okMs?.p5 ?? 12) / 2)
  return { strict, lenient: Math.max(strict, noiseMs) }
}

/**
 * Whether it came through a load balancer whose targets are nodes: that one is told nothing of pods, and its new
 * connections end where kube-proxy leads them.
 */
export const viaNodes = (failure: FailureCase, world: World): boolean =>
  world.targets === 'nodes' && viaBalancer(failure, world)

/** Whether the load balancer itself may go on sending to a pod that ends. */
export const isSlowToLearn = (failure: FailureCase, world: World): boolean =>
  viaBalancer(failure, world) && world.targets !== 'nodes'

/** However long answers take: a refusal that is passed on never takes this long while nothing stalls. */
const REFUSAL_AT_MOST_MS = 250

/** Age up to which a proxy's answer may be a refusal that it passed on: nearly all answers take longer, or this long at most. */
export const promptMs = (world: World): number =>
  Math.min(world.rows.okMs?.p90 ?? Number.POSITIVE_INFINITY, REFUSAL_AT_MOST_MS)

/** An answer after this time cannot be an immediate refusal: packets went unanswered first (ARP gives up after 1–3 s). */
export const isSlowRefusal = (failure: FailureCase, world: World): boolean =>
  failure.ageMs >= 900 && failure.ageMs > (world.rows.okMs?.p999 ?? 0)

/** Whether the pod's exit was SIGKILL at the end of its grace. */
export const wasKilledAtGrace = (line: PodLine, kill: Interval | null): boolean =>
  line.exited?.code === 137 &&
  line.exited.reason !== 'OOMKilled' &&
  kill !== null &&
  overlaps(line.exited, kill)
