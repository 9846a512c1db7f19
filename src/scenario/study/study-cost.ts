import { AFTERMATH_MS } from '../../model/aftermath.ts'
import type { LabPlan } from '../../model/lab-plan.ts'
import type { Scenario } from '../../model/scenario.ts'
import type { PlannedBlock, StudyPlan } from '../../model/study.ts'
import { rollsPods } from './patch-paths.ts'

/** What a study takes. */
export interface StudyCost {
  readonly blocks: number
  /** Restarts that are measured. */
  readonly restarts: number
  /** All rollouts: the restarts, and those of applying and restoring variants. */
  readonly rollouts: number
  /** `null` when it is not known how many pods there are. */
  readonly podsReplaced: number | null
  /** Load without the time of the rollouts. */
  readonly loadMs: number
  /** All of it, with `rolloutMs` for each rollout. */
  readonly totalMs: number
}

export interface RolloutShape {
  readonly replicas: number
  /** Pods that may be more and less than replicas, together: how many are replaced at a time. */
  readonly atOnce: number
  /** From creation to ready. */
  readonly startMs: number
  /** From the start of the termination until a pod is gone. */
  readonly endMs: number
}

/** What to expect when nothing is known of a Deployment. */
export const ASSUMED_SHAPE: RolloutShape = { replicas: 4, atOnce: 1, startMs: 10_000, endMs: 10_000 }

/** A rollout replaces `atOnce` pods after another, and is over when the last old pod is gone. */
export const estimateRolloutMs = ({ replicas, atOnce, startMs, endMs }: RolloutShape): number =>
  Math.ceil(replicas / Math.max(1, atOnce)) * startMs + endMs

/** The lab's rollouts, from its own settings: a probe period late, and half a second of the node. */
export const labRolloutShape = (lab: LabPlan): RolloutShape => ({
  replicas: lab.replicas,
  atOnce: podsOf(lab.maxSurge, lab.replicas) + podsOf(lab.maxUnavailable, lab.replicas),
  startMs:
    lab.app.startupMs + lab.app.readyMs + lab.probePeriodSeconds * 1000 + lab.minReadySeconds * 1000 + 500,
  endMs: lab.preStopSeconds * 1000 + lab.app.drainMs + 500,
})

const podsOf = (value: string | number, replicas: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) / 100) * replicas)

/** Self-test, checks and the judging of a block. */
const OVERHEAD_MS = 4_000

/** The rest between two blocks, ms. */
export const restMsOf = ({ restMs }: StudyPlan, lab: boolean): number => restMs ?? (lab ? 0 : AFTERMATH_MS)

/** What these blocks of a study take, when a rollout takes `rolloutMs` and replaces `replicas` pods. */
export const studyCost = (
  { rollout, load }: Pick<Scenario, 'rollout' | 'load'>,
  plan: StudyPlan,
  blocks: readonly PlannedBlock[],
  replicas: number | null,
  rolloutMs: number,
  restMs = 0,
): StudyCost => {
  // What is put back takes the restarts back too, so that it rolls even where applying does not.
  const rolls = new Map(
    plan.variants.map((variant) => [
      variant.name,
      Number(rollsPods(variant)) + Number(variant.patches.length > 0),
    ]),
  )
  const restarts = blocks.length * rollout.restarts
  const around = blocks.reduce((sum, { variant }) => sum + (rolls.get(variant) ?? 0), 0)
  const rollouts = restarts + around
  const quietMs = rollout.baselineMs + rollout.restarts * rollout.settleMs + rollout.recoveryMs
  const loadMs = blocks.length * quietMs
  const loadedMs = Math.max(load.durationMs ?? 0, quietMs + rollout.restarts * rolloutMs)
  const measuredMs = blocks.length * (loadedMs + rollout.settleMs + OVERHEAD_MS)
  // Putting back and applying take place within the rest.
  const between = around / Math.max(1, blocks.length)
  const idleMs = Math.max(0, restMs - between * rolloutMs) * Math.max(0, blocks.length - 1)
  return {
    blocks: blocks.length,
    restarts,
    rollouts,
    podsReplaced: replicas === null ? null : rollouts * replicas,
    loadMs,
    totalMs: measuredMs + around * rolloutMs + idleMs,
  }
}
