import type { Reason } from '../../model/finding.ts'
import type { BudgetJudgement } from './budget.ts'

export const BUDGET_ID = 'history budget'

const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

/** The budget as a reason of the verdict: what was dropped, what earlier runs support, and since when it is over. */
export const budgetReason = (judgement: BudgetJudgement, terminations: number): Reason => {
  const { budget, hit, failures, holds, since, leftOut } = judgement
  const dropped = `${hit} of ${many(terminations, 'termination')} dropped something, ${many(failures, 'failure')}`
  const over =
    since === null
      ? ''
      : since.runs === 1
        ? '; the first run over its budget'
        : `; over budget for ${since.runs} runs, first ${since.runId} of ${since.startedAt}`
  const left = [
    ...(leftOut.untrusted > 0 ? [`${leftOut.untrusted} inconclusive`] : []),
    ...(leftOut.otherTest > 0 ? [`${leftOut.otherTest} of another test or other conditions`] : []),
    ...(leftOut.overBudget > 0 ? [`${leftOut.overBudget} over their own budget`] : []),
  ]
  const support = `${many(budget.runs, 'earlier run')}, ${budget.hit} of ${budget.terminations} terminations dropped something${left.length === 0 ? '' : `; not counted: ${left.join(', ')}`}`
  const failuresText =
    budget.allowedFailures === null ? '' : ` and ${many(budget.allowedFailures, 'failure')}`
  return {
    id: BUDGET_ID,
    claim: 'no more is dropped than earlier runs of this test support (upper 95 % prediction bounds)',
    value: `${dropped}${over}`,
    limit:
      budget.tooLittle === null
        ? `${budget.allowedHits} of ${many(terminations, 'termination')}${failuresText} (${support})`
        : `too little history: ${budget.tooLittle}${left.length === 0 ? '' : `; not counted: ${left.join(', ')}`}`,
    holds,
  }
}
