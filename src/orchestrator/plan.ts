import type { DeploymentSnapshot } from '../model/cluster.ts'
import type { RolloutPlan } from '../model/scenario.ts'

/**
 * Ms after the start of the load before which restart `index` (from 1) does not start: baseline +
 * (index − 1)·(duration − baseline)/N with a duration, spreading the N restarts over it; else the baseline alone.
 * It also waits until the restart before it has settled.
 */
export const restartDueMs = (plan: RolloutPlan, durationMs: number | null, index: number): number => {
  if (durationMs === null) return plan.baselineMs
  const spreadMs = Math.max(0, durationMs - plan.baselineMs)
  return plan.baselineMs + ((index - 1) * spreadMs) / plan.restarts
}

/** Ms after the start of the load at which the run may end: after the recovery, and not before its duration is over. */
export const endDueMs = (plan: RolloutPlan, durationMs: number | null, settledAtMs: number): number =>
  Math.max(settledAtMs + plan.recoveryMs, durationMs ?? 0)

export interface PlannedRestart {
  /** From 1. */
  readonly index: number
  /** Ms after the start of the load; later when the restart before it has not settled. */
  readonly notBeforeMs: number
  /** Pods that it replaces. */
  readonly pods: number
  /** Most pods more, and most pods less, than wanted while it rolls. */
  readonly maxSurge: number
  readonly maxUnavailable: number
}

/** The restarts of a run, as a plan in numbers. */
export const planRollouts = (
  plan: RolloutPlan,
  durationMs: number | null,
  deployment: DeploymentSnapshot,
): readonly PlannedRestart[] =>
  Array.from({ length: plan.restarts }, (_, at) => ({
    index: at + 1,
    notBeforeMs: restartDueMs(plan, durationMs, at + 1),
    pods: deployment.replicas,
    maxSurge: deployment.maxSurge ?? 0,
    maxUnavailable: deployment.maxUnavailable ?? deployment.replicas,
  }))
