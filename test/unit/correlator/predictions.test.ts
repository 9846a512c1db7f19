import { expect, test } from 'vitest'
import { comparePredictions, joined } from '../../../src/correlator/predictions.ts'
import type { Finding } from '../../../src/model/finding.ts'
import type { Prediction } from '../../../src/model/prediction.ts'

const prediction = (cause: string, more: Partial<Prediction> = {}): Prediction => ({
  id: `p-${cause}`,
  cause,
  alsoCauses: [],
  severity: 'high',
  title: 'title',
  because: 'because',
  fix: 'fix',
  ...more,
})

const finding = (cause: string, count: number, more: Partial<Finding> = {}): Finding => ({
  cause,
  mechanism: null,
  title: `found ${cause}`,
  confidence: { level: 'high', p: null },
  count,
  requestIds: [],
  evidence: [],
  ruledOut: [],
  candidates: [],
  fix: '',
  ...more,
})

const outcomesOf = (made: readonly Prediction[], findings: readonly Finding[], rolled = true) =>
  comparePredictions(made, findings, rolled)?.made.map(({ outcome, failed }) => [outcome, failed])

test('a prediction came true when failures of its cause, or of one under which it can show, were found', () => {
  expect(outcomesOf([prediction('A1')], [finding('A1', 3), finding('A1', 2, { mechanism: 'B9' })])).toEqual([
    ['came-true', 5],
  ])
  expect(outcomesOf([prediction('A4', { alsoCauses: ['A9'] })], [finding('A9', 1)])).toEqual([
    ['came-true', 1],
  ])
  expect(outcomesOf([prediction('A4')], [finding('A9', 1, { mechanism: 'A4' })])).toEqual([['came-true', 1]])
})

test('failures that cannot be told apart make it possible, never true', () => {
  expect(outcomesOf([prediction('A1')], [finding('ambiguous', 7, { candidates: ['A1', 'C1'] })])).toEqual([
    ['possible', 7],
  ])
})

test('what a rollout did not show was not seen; what no rule can name, or without a rollout, was not tested', () => {
  expect(outcomesOf([prediction('C1')], [])).toEqual([['not-seen', 0]])
  expect(outcomesOf([prediction('C1')], [], false)).toEqual([['not-tested', 0]])
  expect(outcomesOf([prediction('E1')], [])).toEqual([['not-tested', 0]])
})

test('causes that nothing predicted are listed; what names no cause of the cluster is not among them', () => {
  const findings = [
    finding('A1', 3),
    finding('A16', 2),
    finding('F3', 9),
    finding('ambiguous', 1),
    finding('unexplained', 1),
  ]
  expect(comparePredictions([prediction('A1')], findings, true)?.unpredicted).toEqual([
    { cause: 'A16', title: 'found A16', failed: 2 },
  ])
})

test('a run for which nothing was predicted at all has no comparison', () => {
  expect(comparePredictions(undefined, [finding('A1', 3)], true)).toBeUndefined()
  expect(comparePredictions(null, [], true)).toBeUndefined()
})

test('what a run teaches stands beside what was predicted before it, and is judged like it', () => {
  const learnt = [prediction('E6')]
  expect(comparePredictions(joined([prediction('A1')], learnt), [], true)?.made).toHaveLength(2)
  expect(comparePredictions(joined(null, learnt), [finding('E6', 2)], true)?.made).toMatchObject([
    { outcome: 'came-true', failed: 2 },
  ])
  expect(joined(undefined, [])).toBeUndefined()
})
