import type { RunReport } from '../../model/finding.ts'
import type { RunInfo } from '../../model/run-info.ts'
import { sameTest } from '../compare/conditions.ts'
import { restartsOf } from '../compare/restarts.ts'

/** A run as the history of its scenario keeps it. */
export interface HistoryRun {
  readonly runId: string
  /** ISO 8601, UTC. */
  readonly startedAt: string
  /** What has to be the same for two runs to be of one history. */
  readonly test: string
  /** Failures of each pod termination, but harness ones. */
  readonly terminations: readonly number[]
  /** Its own measurement can be trusted: no gate of the measurement was missed. */
  readonly trusted: boolean
}

/** Books, schedule, stalls, control, rollout and sight: without these, what was counted may be wrong. */
const NEEDED: readonly string[] = ['H1', 'H3', 'H4', 'H5', 'H8', 'H9']

export const historyRunOf = (info: RunInfo, report: RunReport): HistoryRun => ({
  runId: report.runId,
  startedAt: report.startedAt,
  test: sameTest(info),
  terminations: restartsOf(report).restarts.flatMap(({ terminations }) => terminations),
  trusted: report.reasons.every(({ id, holds }) => !NEEDED.includes(id) || holds === true),
})
