import { expect, test } from 'vitest'
import type { JudgedPrediction, Prediction } from '../../../src/model/prediction.ts'
import { judgedTable, predictionLines, renderPredictions } from '../../../src/report/predictions.ts'
import { renderTerminal } from '../../../src/report/terminal.ts'
import { badRun, loadRun } from '../../support/report-fixtures.ts'

const made: Prediction = {
  id: 'no-pre-stop',
  cause: 'A1',
  alsoCauses: [],
  severity: 'high',
  title: 'No preStop',
  because: 'lifecycle.preStop of container web\u001b[31m is not set',
  fix: 'add preStop sleep of 5 s',
}

test('no line is wider than the terminal, and control characters of names are shown, not obeyed', () => {
  for (const width of [40, 72, 100, 160]) {
    const text = renderPredictions([made, { ...made, cause: 'C1', fix: 'probe it' }], { width, color: false })
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
    expect(text).toContain('A1')
    expect(text).not.toContain('\u001b')
  }
})

test('nothing predicted is said in a sentence', () => {
  expect(renderPredictions([], { width: 80, color: false })).toBe('Nothing is predicted to go wrong.\n')
})

test('before a run it is a line each', () => {
  expect(predictionLines([made])).toEqual(['predicted A1 (high): No preStop'])
})

test('after a run the report tells what came true, what was not seen, and what nothing had predicted', () => {
  const judged = (outcome: JudgedPrediction['outcome'], failed: number): JudgedPrediction => ({
    ...made,
    outcome,
    failed,
  })
  const predictions = {
    made: [judged('came-true', 1200), judged('possible', 3), judged('not-seen', 0), judged('not-tested', 0)],
    unpredicted: [{ cause: 'A16', title: 'Exits with requests in flight', failed: 6 }],
  }
  expect(judgedTable(predictions).rows.map((row) => row.at(-1)?.text)).toEqual([
    '✓ came true, 1,200 failed',
    '? may have, 3 ambiguous',
    '✗ not seen',
    '– not tested here',
    'found, not predicted: 6 failed',
  ])
  const text = renderTerminal({ ...badRun(), predictions }, { width: 100, color: false })
  expect(text).toContain('Predicted before the run, and what came true')
  expect(renderTerminal(loadRun(), { width: 100, color: false })).not.toContain('Predicted before')
})
