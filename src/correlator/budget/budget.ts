import type { Random } from '../../kernel/random.ts'
import { compareText } from '../input.ts'
import { percentile } from '../statistics/percentile.ts'
import { upperPrediction } from '../statistics/prediction-bound.ts'
import type { HistoryRun } from './history-run.ts'

/** What earlier runs support for a run of so many terminations. */
export interface Budget {
  readonly runs: number
  readonly terminations: number
  readonly hit: number
  /** Most terminations that may drop something. */
  readonly allowedHits: number
  /** Most failures; `null` = too few earlier terminations dropped anything to say how many that is. */
  readonly allowedFailures: number | null
  /** `null` = enough; else why it is too little. */
  readonly tooLittle: string | null
}

/** Chance of a false alarm of each of the two bounds: 5 % together. */
const ALPHA = 0.025
const FEWEST_RUNS = 3
const FEWEST_HIT = 5
const ROUNDS = 999

const hitsIn = (values: readonly number[]): number => values.filter((value) => value > 0).length
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

/**
 * Upper 97.5 % prediction bound of the failures of `future` terminations: runs are drawn with replacement (what all terminations
 * of a run have in common stays together), then terminations from them. Never below the worst of the earlier runs, per
 * termination.
 */
const failuresBound = (history: readonly HistoryRun[], future: number, random: Random): number => {
  const sums = Array.from({ length: ROUNDS }, () => {
    const drawn = history.map(() => history[random.below(history.length)]?.terminations ?? [])
    let sum = 0
    for (let i = 0; i < future; i++) {
      const from = drawn[random.below(drawn.length)] ?? []
      sum += from[random.below(from.length)] ?? 0
    }
    return sum
  }).sort((a, b) => a - b)
  const worst = Math.max(
    ...history.map(({ terminations }) => (sumOf(terminations) / Math.max(1, terminations.length)) * future),
  )
  return Math.ceil(Math.max(percentile(sums, 100 * (1 - ALPHA)) ?? 0, worst) - 1e-9)
}

/** What a history supports for `future` pod terminations. */
export const budgetOf = (history: readonly HistoryRun[], future: number, random: Random): Budget => {
  const used = history.filter(({ terminations }) => terminations.length > 0)
  const all = used.flatMap(({ terminations }) => terminations)
  const hit = hitsIn(all)
  const allowedHits = upperPrediction(hit, all.length, future, ALPHA)
  const allowedFailures = hit < FEWEST_HIT ? null : failuresBound(used, future, random)
  return {
    runs: used.length,
    terminations: all.length,
    hit,
    allowedHits,
    allowedFailures,
    tooLittle:
      used.length < FEWEST_RUNS
        ? `${used.length} earlier ${used.length === 1 ? 'run' : 'runs'} of this test, ${FEWEST_RUNS} are needed`
        : allowedHits >= future && allowedFailures === null
          ? `${all.length} earlier terminations cannot tell a run of ${future} that drops in all of them`
          : null,
  }
}

export interface BudgetJudgement {
  readonly budget: Budget
  readonly hit: number
  readonly failures: number
  /** `null` = too little history to say, and something was dropped. */
  readonly holds: boolean | null
  /** When it does not hold: the first of the runs since which each was over its budget, and how many those are. */
  readonly since: { readonly runId: string; readonly startedAt: string; readonly runs: number } | null
  /** Earlier runs that are not in the history, by reason. */
  readonly leftOut: { readonly untrusted: number; readonly otherTest: number; readonly overBudget: number }
}

const isOver = ({ allowedHits, allowedFailures, tooLittle }: Budget, run: HistoryRun): boolean =>
  tooLittle === null &&
  (hitsIn(run.terminations) > allowedHits ||
    (allowedFailures !== null && sumOf(run.terminations) > allowedFailures))

/**
 * Judges a run against the earlier runs of its test. A run that was over its own budget does not become part of the history: a
 * bad week does not make the next one good. Nothing dropped is within any budget.
 */
export const judgeBudget = (
  run: HistoryRun,
  others: readonly HistoryRun[],
  random: Random,
): BudgetJudgement => {
  const earlier = others
    .filter(({ runId, startedAt }) => runId !== run.runId && startedAt < run.startedAt)
    .toSorted((a, b) => compareText(a.startedAt, b.startedAt) || compareText(a.runId, b.runId))
  const same = earlier.filter(({ test }) => test === run.test)
  const trusted = same.filter((one) => one.trusted)
  const history: HistoryRun[] = []
  let streak: HistoryRun[] = []
  for (const one of trusted) {
    const over = isOver(budgetOf(history, one.terminations.length, random.fork(one.runId)), one)
    if (over) streak.push(one)
    else {
      history.push(one)
      streak = []
    }
  }
  const budget = budgetOf(history, run.terminations.length, random.fork(run.runId))
  const hit = hitsIn(run.terminations)
  const over = isOver(budget, run)
  const first = streak[0] ?? run
  return {
    budget,
    hit,
    failures: Math.round(sumOf(run.terminations)),
    holds: hit === 0 && run.terminations.length > 0 ? true : budget.tooLittle === null ? !over : null,
    since: over ? { runId: first.runId, startedAt: first.startedAt, runs: streak.length + 1 } : null,
    leftOut: {
      untrusted: same.length - trusted.length,
      otherTest: earlier.length - same.length,
      overBudget: trusted.length - history.length,
    },
  }
}
