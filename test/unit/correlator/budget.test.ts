import { describe, expect, test } from 'vitest'
import { budgetOf, judgeBudget } from '../../../src/correlator/budget/budget.ts'
import { budgetReason } from '../../../src/correlator/budget/budget-reason.ts'
import type { HistoryRun } from '../../../src/correlator/budget/history-run.ts'
import { upperPrediction } from '../../../src/correlator/statistics/prediction-bound.ts'
import { seededRandom } from '../../../src/kernel/random.ts'

const random = seededRandom(1)

const night = (day: number, terminations: readonly number[], more: Partial<HistoryRun> = {}): HistoryRun => ({
  runId: `night-${day}`,
  startedAt: `2026-01-${String(day).padStart(2, '0')}T01:00:00.000Z`,
  test: 'spring-300',
  terminations,
  trusted: true,
  ...more,
})

const clean = Array.from({ length: 20 }, () => 0)
const nights = (count: number, terminations: readonly number[] = clean): HistoryRun[] =>
  Array.from({ length: count }, (_, i) => night(i + 1, terminations))

describe('what a history supports', () => {
  test('the bound is the exact one: y hits more than it have a chance of at most α', () => {
    // 0 of 120 earlier terminations, 20 now: P(both of 2 hits among the 20) = 20·19/(140·139) = 0.0195; P(1 of 1) = 20/140.
    expect(upperPrediction(0, 120, 20, 0.025)).toBe(1)
    expect(upperPrediction(0, 100, 20, 0.025)).toBe(2)
    expect(upperPrediction(0, 800, 20, 0.025)).toBe(0)
    expect(upperPrediction(5, 0, 20, 0.025)).toBe(20)
  })

  test('more clean nights allow less, never more', () => {
    const allowed = [3, 6, 12, 24, 48].map((count) => budgetOf(nights(count), 20, random).allowedHits)
    expect(allowed).toEqual(allowed.toSorted((a, b) => b - a))
    expect(allowed.at(-1)).toBeLessThan(allowed[0] ?? 0)
  })

  test('a history that drops a little allows as much in number, and a night like the others passes', () => {
    const history = nights(8, [3, 0, 0, 0, 2, ...clean.slice(5)])
    const budget = budgetOf(history, 20, random)
    expect(budget.allowedHits).toBeGreaterThanOrEqual(2)
    expect(budget.allowedFailures).toBeGreaterThanOrEqual(5)
    expect(judgeBudget(night(9, [4, 1, ...clean.slice(2)]), history, random).holds).toBe(true)
  })

  test('false alarms on nights like the others stay near the 5 % that the two bounds promise together', {
    timeout: 600_000,
  }, () => {
    const chance = seededRandom(77)
    const terminations = (): number[] =>
      clean.map(() => (chance.next() < 0.25 ? 1 + Math.floor(12 * chance.next() ** 3) : 0))
    let alarms = 0
    // ROLLPROOF_AA=200 makes as many; the few that always run only catch what is grossly wrong.
    const rounds = Number(process.env.ROLLPROOF_AA ?? 30)
    for (let i = 0; i < rounds; i++) {
      const history = Array.from({ length: 10 }, (_, day) => night(day + 1, terminations()))
      if (judgeBudget(night(20, terminations()), history, seededRandom(i)).holds === false) alarms++
    }
    if (rounds >= 200) console.log(`false alarms: ${alarms} of ${rounds}`)
    expect(alarms / rounds).toBeLessThanOrEqual(rounds >= 200 ? 0.07 : 0.17)
  })
})

describe('a run held against its history', () => {
  test('with too little history it is not shown to be within its budget, and the reason says so', () => {
    const judgement = judgeBudget(night(9, [5, ...clean.slice(1)]), nights(2), random)
    expect(judgement.holds).toBeNull()
    expect(budgetReason(judgement, 20)).toMatchObject({
      holds: null,
      limit: 'too little history: 2 earlier runs of this test, 3 are needed',
    })
  })

  test('nothing dropped is within any budget, but a run without a termination is not', () => {
    expect(judgeBudget(night(9, clean), [], random).holds).toBe(true)
    expect(judgeBudget(night(9, []), nights(20), random).holds).not.toBe(true)
  })

  test('the first bad night is named, and bad nights do not become the rule', () => {
    const bad = [9, 9, 9, 9, 9, 9, ...clean.slice(6)]
    const history = [...nights(10), night(11, bad), night(12, bad), night(13, bad)]
    const judgement = judgeBudget(night(14, bad), history, random)
    expect(judgement).toMatchObject({
      holds: false,
      since: { runId: 'night-11', runs: 4 },
      leftOut: { overBudget: 3 },
    })
    expect(budgetReason(judgement, 20).value).toContain('over budget for 4 runs, first night-11')
  })

  test('runs of another test, later ones, the run itself and those that could not be trusted do not count', () => {
    const history = [
      ...nights(10),
      night(2, clean, { runId: 'other', test: 'spring-100' }),
      night(3, clean, { runId: 'blind', trusted: false }),
      night(25, clean, { runId: 'later' }),
      night(20, clean),
    ]
    const { budget, leftOut } = judgeBudget(night(20, [1, ...clean.slice(1)]), history, random)
    expect(budget.runs).toBe(10)
    expect(leftOut).toEqual({ untrusted: 1, otherTest: 1, overBudget: 0 })
  })
})
