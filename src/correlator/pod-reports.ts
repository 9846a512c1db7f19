import { type RunMs, runMs } from '../kernel/units.ts'
import type { FailureVerdict, PodReport, RolloutReport } from '../model/finding.ts'
import type { RequestRows } from '../model/request-rows.ts'
import { VUSER } from './codes.ts'
import { countBy } from './findings.ts'
import type { HiddenDamage } from './hidden.ts'
import type { RolloutMeasures } from './rollout-measures.ts'
import type { World } from './world.ts'

const at = (ms: number | null | undefined): RunMs | null =>
  ms === null || ms === undefined || !Number.isFinite(ms) ? null : runMs(Math.round(ms))

const later = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b)

/** One line per pod that the run saw. Moments are the latest that they can have been: when we learned of them. */
export const podReports = (world: World, verdicts: readonly FailureVerdict[]): PodReport[] => {
  const failed = countBy(
    verdicts.filter(({ pod }) => pod !== null),
    ({ pod }) => pod ?? '',
  )
  return world.timeline.pods.map((line) => {
    const traffic = world.traffic.get(line.ref.uid)
    const lastNew = later(traffic?.lastFreshOkMs ?? null, traffic?.lastAttemptMs ?? null)
    return {
      name: line.ref.name,
      uid: line.ref.uid,
      revision: line.revision,
      node: line.nodeName,
      createdAtMs: at(line.created?.latest),
      readyAtMs: at(line.ready?.latest),
      terminatingAtMs: at(line.terminating?.latest),
      sigtermAtMs:
        line.terminating !== null && line.preStopMs.minMs === line.preStopMs.maxMs
          ? at(line.terminating.latest + line.preStopMs.minMs)
          : null,
      exitedAtMs: at(line.exited?.latest),
      exitCode: line.exited?.code ?? null,
      goneAtMs: at(line.deleted?.latest),
      lastNewConnectionAtMs: at(lastNew),
      lastRequestAtMs: at(later(lastNew, traffic?.lastReusedOkMs ?? null)),
      failed: failed[line.ref.name] ?? 0,
    }
  })
}

/** Requests by rollout index, as the engine stamped them when they started. */
const startedByRollout = (requests: RequestRows): Map<number, number> => {
  const counts = new Map<number, number>()
  for (const { length, source, rollout } of requests.blocks('source', 'rollout')) {
    for (let i = 0; i < length; i++) {
      const index = rollout[i] ?? 0
      if (source[i] === VUSER && index > 0) counts.set(index, (counts.get(index) ?? 0) + 1)
    }
  }
  return counts
}

export const rolloutReports = (
  world: World,
  verdicts: readonly FailureVerdict[],
  hidden: HiddenDamage,
  measures: readonly RolloutMeasures[],
): RolloutReport[] => {
  const started = startedByRollout(world.requests)
  return world.timeline.rollouts.map((rollout, i) => ({
    index: rollout.index,
    requestedAtMs: runMs(rollout.requestedAtMs),
    completedAtMs: rollout.completed?.atMs ?? null,
    oldPodsGoneAtMs: rollout.oldPodsGoneAtMs === null ? null : runMs(rollout.oldPodsGoneAtMs),
    requests: started.get(rollout.index) ?? 0,
    failed: verdicts.filter((verdict) => verdict.rollout === rollout.index).length,
    vusersAffected: new Set(
      verdicts.filter((verdict) => verdict.rollout === rollout.index).map(({ vu }) => vu),
    ).size,
    hidden: hidden.rows.filter((request) => request.rollout === rollout.index).length,
    ...measures[i],
  }))
}
