import type { FailureVerdict, PodReport, RolloutReport, RunReport } from '../../model/finding.ts'
import { isHarness } from '../findings.ts'

/** One restart as the comparison sees it. `null` = not measured. */
export interface MeasuredRestart {
  readonly index: number
  readonly fromMs: number
  readonly toMs: number
  /** Failures of each pod termination, in the order of their starts. May be fractions where the report lists only a part. */
  readonly terminations: readonly number[]
  /** All its failures, but harness ones. */
  readonly failed: number
  readonly outageMs: number | null
  /** From the request to done. */
  readonly rolloutMs: number | null
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly readyBefore: number | null
  readonly fewestReady: number | null
}

export interface MeasuredRestarts {
  readonly restarts: readonly MeasuredRestart[]
  readonly harness: number
  readonly outsideRollouts: number
  /** The report lists only a part of the failures; the rest was shared out by restart. */
  readonly partial: boolean
}

/** News of a pod's end is late by no more than this. */
const AFTER_GONE_MS = 3000

interface Window {
  readonly pod: string
  readonly fromMs: number
  readonly toMs: number
}

const windowsOf = (pods: readonly PodReport[], fromMs: number, toMs: number, endMs: number): Window[] =>
  pods
    .flatMap(({ name, terminatingAtMs, goneAtMs }) =>
      terminatingAtMs === null || terminatingAtMs < fromMs || terminatingAtMs >= toMs
        ? []
        : [
            {
              pod: name,
              fromMs: terminatingAtMs,
              toMs: goneAtMs === null ? endMs : goneAtMs + AFTER_GONE_MS,
            },
          ],
    )
    .sort((a, b) => a.fromMs - b.fromMs || (a.pod < b.pod ? -1 : 1))

/**
 * The one termination that a failure counts for: that of the pod it names, else the latest that had begun when it ended and
 * was not over when it started, else the nearest in time. -1 when the restart has none.
 */
const terminationOf = (failure: FailureVerdict, windows: readonly Window[]): number => {
  const named = windows.findIndex(({ pod }) => pod === failure.pod)
  if (named >= 0) return named
  const open = windows.findLastIndex(
    ({ fromMs, toMs }) => fromMs <= failure.endedAtMs && toMs >= failure.startedAtMs,
  )
  if (open >= 0) return open
  let nearest = -1
  let leastMs = Number.POSITIVE_INFINITY
  windows.forEach(({ fromMs }, i) => {
    const distanceMs = Math.abs(fromMs - failure.startedAtMs)
    if (distanceMs < leastMs) {
      nearest = i
      leastMs = distanceMs
    }
  })
  return nearest
}

const usToMs = (us: number | null | undefined): number | null =>
  us === null || us === undefined ? null : us / 1000

/** What of a report it takes to count by restart. */
export type CountedReport = Pick<
  RunReport,
  'rollouts' | 'pods' | 'failureList' | 'failures' | 'requests' | 'durationMs'
>

const measured = (
  rollout: RolloutReport,
  toMs: number,
  report: CountedReport,
  listed: readonly FailureVerdict[],
): MeasuredRestart => {
  const windows = windowsOf(report.pods, rollout.requestedAtMs, toMs, report.durationMs)
  const all = listed.filter((failure) => failure.rollout === rollout.index)
  const own = all.filter(({ cause }) => !isHarness(cause))
  // Beyond the list, failures are taken to be like those in it.
  const failed = all.length === 0 ? rollout.failed : (rollout.failed * own.length) / all.length
  const counts = windows.map(() => 0)
  for (const failure of own) {
    const at = terminationOf(failure, windows)
    if (at >= 0) counts[at] = (counts[at] ?? 0) + 1
  }
  return {
    index: rollout.index,
    fromMs: rollout.requestedAtMs,
    toMs: rollout.oldPodsGoneAtMs ?? toMs,
    terminations: own.length === 0 ? counts : counts.map((count) => (count * failed) / own.length),
    failed,
    outageMs: rollout.outageMs ?? null,
    rolloutMs: rollout.completedAtMs === null ? null : rollout.completedAtMs - rollout.requestedAtMs,
    p50Ms: usToMs(rollout.p50Us),
    p99Ms: usToMs(rollout.p99Us),
    readyBefore: rollout.readyBefore ?? null,
    fewestReady: rollout.fewestReady ?? null,
  }
}

/**
 * The restarts of a run with what each dropped, failure by failure. Each failure counts for one restart and one pod
 * termination; harness failures and those before the first restart count for none.
 */
export const restartsOf = (report: CountedReport): MeasuredRestarts => {
  const { rollouts, failureList, failures } = report
  const restarts = rollouts.map((rollout, i) =>
    measured(rollout, rollouts[i + 1]?.requestedAtMs ?? report.durationMs, report, failureList),
  )
  const harness = Object.entries(failures.byCause).reduce(
    (sum, [cause, count]) => sum + (cause === 'harness' || isHarness(cause) ? count : 0),
    0,
  )
  const inRollouts = rollouts.reduce((sum, { failed }) => sum + failed, 0)
  const harnessOutside = failureList.filter(
    ({ cause, rollout }) => isHarness(cause) && rollout === null,
  ).length
  return {
    restarts,
    harness,
    outsideRollouts: Math.max(0, report.requests.failed - inRollouts - harnessOutside),
    partial: failureList.length < report.requests.failed,
  }
}
