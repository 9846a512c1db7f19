import type { Random } from '../../kernel/random.ts'
import { runMs } from '../../kernel/units.ts'
import type { FailureVerdict, RunReport } from '../../model/finding.ts'
import { sameTest } from '../compare/conditions.ts'
import { restartsOf } from '../compare/restarts.ts'
import { countByCause } from '../findings.ts'
import { podReports } from '../pod-reports.ts'
import type { ThresholdResult } from '../verdict.ts'
import type { World } from '../world.ts'
import { judgeBudget } from './budget.ts'
import { budgetReason } from './budget-reason.ts'
import type { HistoryRun } from './history-run.ts'

export interface HistoryQuestion {
  readonly world: World
  readonly verdicts: readonly FailureVerdict[]
  readonly requests: RunReport['requests']
  /** Whether the failure is the target's beyond doubt. */
  readonly isValid: (verdict: FailureVerdict) => boolean
  readonly history: readonly HistoryRun[]
  readonly random: Random
}

const thisRun = ({ world, requests }: HistoryQuestion, verdicts: readonly FailureVerdict[]): HistoryRun => {
  const { restarts } = restartsOf({
    rollouts: world.timeline.rollouts.map((rollout) => ({
      index: rollout.index,
      requestedAtMs: runMs(rollout.requestedAtMs),
      completedAtMs: rollout.completed?.atMs ?? null,
      oldPodsGoneAtMs: rollout.oldPodsGoneAtMs === null ? null : runMs(rollout.oldPodsGoneAtMs),
      requests: 0,
      failed: verdicts.filter((verdict) => verdict.rollout === rollout.index).length,
    })),
    pods: podReports(world, verdicts),
    failureList: verdicts,
    failures: {
      byKind: {},
      byCause: countByCause(verdicts),
      byRollout: [],
      byPod: {},
      vusersAffected: 0,
      hidden: 0,
    },
    requests,
    durationMs: world.timeline.endMs,
  })
  return {
    runId: world.info.runId,
    startedAt: new Date(world.info.startedAt.epochMs).toISOString(),
    test: sameTest(world.info),
    terminations: restarts.flatMap(({ terminations }) => terminations),
    trusted: true,
  }
}

/** The history budget as a result of the verdict. It is broken beyond doubt only by failures that are the target's beyond doubt. */
export const judgeHistory = (question: HistoryQuestion): ThresholdResult => {
  const { verdicts, history, random, isValid } = question
  const run = thisRun(question, verdicts)
  const judgement = judgeBudget(run, history, random)
  const certain =
    judgement.holds === false
      ? judgeBudget(thisRun(question, verdicts.filter(isValid)), history, random)
      : judgement
  return {
    reason: budgetReason(judgement, run.terminations.length),
    proven: certain.holds === false,
  }
}
