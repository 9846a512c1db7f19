import type { DrainStatistics, FailureVerdict } from '../model/finding.ts'
import type { PodLine } from './pod-line.ts'
import { percentile } from './statistics/percentile.ts'
import type { World } from './world.ts'

/** How long traffic kept coming to one pod after its termination had begun. ms; never negative. */
export interface PodDrain {
  readonly line: PodLine
  /** Until the last new connection that reached it, or was tried at its address; `null` = none was seen. */
  readonly newMs: number | null
  /** It stopped listening before the silence could mean anything: the true time may be longer. */
  readonly censored: boolean
  readonly reusedMs: number | null
  /** How finely the time is known: three times the mean gap between its new connections. */
  readonly resolutionMs: number
}

/** Mean gap between new connections to one pod, ms; `null` when there were none. */
export const gapMs = (world: World): number | null => {
  const rate = ratePerMs(world)
  return rate === 0 ? null : 1 / rate
}

/** New connections per ms to one pod while nothing was ending: what silence is measured against. */
const ratePerMs = (world: World): number => {
  const fresh = world.rows.fresh + world.rows.probes
  const pods = Math.max(1, world.info.cluster?.deployment.replicas ?? world.rows.answeringPods.length)
  return fresh / Math.max(1, world.timeline.endMs) / pods
}

const since = (line: PodLine, atMs: number | null): number | null =>
  atMs === null || line.terminating === null ? null : Math.max(0, atMs - line.terminating.latest)

/**
 * The drain of each pod whose termination was seen and whose traffic can be told (identity, or direct addresses).
 * Measured from the latest moment at which the termination can have begun, which our watch told within about 0.1 s.
 */
export const podDrains = (world: World): PodDrain[] => {
  const rate = ratePerMs(world)
  const resolutionMs = rate === 0 ? Number.POSITIVE_INFINITY : 3 / rate
  return world.timeline.pods.flatMap((line) => {
    const traffic = world.traffic.get(line.ref.uid)
    const { terminating, sigterm } = line
    if (traffic === undefined || terminating === null || sigterm === null) return []
    const lastMs = Math.max(
      traffic.lastFreshOkMs ?? Number.NEGATIVE_INFINITY,
      traffic.lastAttemptMs ?? Number.NEGATIVE_INFINITY,
    )
    const newMs = lastMs === Number.NEGATIVE_INFINITY ? null : since(line, lastMs)
    // It certainly listened while the hook held SIGTERM back. An attempt at its address counts, answered or not.
    const listenedUntilMs =
      line.hookFailed === null ? Math.max(sigterm.earliest, terminating.earliest) : terminating.earliest
    const attemptsSeen = traffic.lastAttemptMs !== null
    const quietMs = listenedUntilMs - Math.max(lastMs, terminating.latest)
    return [
      {
        line,
        newMs,
        censored: newMs !== null && !attemptsSeen && quietMs < resolutionMs,
        reusedMs: since(line, traffic.lastReusedOkMs),
        resolutionMs,
      },
    ]
  })
}

const statistics = (values: readonly number[], censored: number): DrainStatistics => {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    n: sorted.length,
    censored,
    p50Ms: percentile(sorted, 50),
    p95Ms: percentile(sorted, 95),
    maxMs: sorted.at(-1) ?? null,
  }
}

export const drainStatistics = (
  drains: readonly PodDrain[],
): { newConnections: DrainStatistics; reusedConnections: DrainStatistics } => ({
  newConnections: statistics(
    drains.flatMap(({ newMs }) => newMs ?? []),
    drains.filter(({ censored, newMs }) => censored && newMs !== null).length,
  ),
  reusedConnections: statistics(
    drains.flatMap(({ reusedMs }) => reusedMs ?? []),
    drains.filter(
      ({ line, reusedMs }) => reusedMs !== null && line.exited !== null && isCutShort(line, reusedMs),
    ).length,
  ),
})

/** Kept-alive traffic that lasted until the exit was ended by it. */
const isCutShort = (line: PodLine, reusedMs: number): boolean =>
  line.exit !== null &&
  line.terminating !== null &&
  line.terminating.latest + reusedMs >= line.exit.earliest - 2000

/** Causes whose failures are attempts that were still routed to an ending pod. */
const ROUTED: ReadonlySet<string> = new Set(['A1', 'A2', 'A5', 'B1', 'B3'])

/**
 * How long after the start of a termination failed attempts were still sent to the pod, ms: the attempt's start since
 * the latest termination that can be behind it (so never more than the truth). 0 when there is none.
 */
export const lateAttemptsMs = (
  verdicts: readonly FailureVerdict[],
  world: World,
): { maxMs: number; count: number } => {
  let maxMs = 0
  let count = 0
  for (const verdict of verdicts) {
    const routed =
      ROUTED.has(verdict.cause) ||
      (verdict.cause === 'ambiguous' && verdict.candidates.some((id) => ROUTED.has(id)))
    if (!routed) continue
    const at = { earliest: verdict.startedAtMs, latest: verdict.startedAtMs }
    const known = verdict.pod === null ? null : world.index.byName(verdict.pod, verdict.startedAtMs)
    const delays = (known === null ? world.index.ending(at) : [known]).flatMap((line) =>
      line.terminating === null ? [] : Math.max(0, verdict.startedAtMs - line.terminating.latest),
    )
    if (delays.length === 0) continue
    count++
    maxMs = Math.max(maxMs, Math.min(...delays))
  }
  return { maxMs, count }
}
