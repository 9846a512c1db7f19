import picocolors from 'picocolors'
import type {
  JudgedPrediction,
  Prediction,
  PredictionOutcome,
  PredictionReport,
} from '../model/prediction.ts'
import { escapeTerminal } from './escape.ts'
import { countText } from './format.ts'
import { type Cell, cell, column, type ReportTable, type Tone } from './table.ts'
import { terminalTable } from './terminal-table.ts'
import { wrapText } from './text-layout.ts'

const SEVERITY_TONES: Readonly<Record<Prediction['severity'], Tone>> = {
  high: 'bad',
  medium: 'warn',
  low: 'quiet',
}

const MOST_PROSE = 110

/** The predictions of `rollproof preflight` as a table. */
export const predictionsTable = (predictions: readonly Prediction[]): ReportTable => ({
  id: 'predictions',
  title: 'What this rollout is going to do',
  columns: [column('Cause', 5), column('Severity', 8), column('Prediction', 24), column('Because', 30, 1)],
  rows: predictions.map(({ cause, severity, title, because }) => [
    cell(cause),
    cell(severity, SEVERITY_TONES[severity]),
    cell(title),
    cell(because),
  ]),
  notes: [],
})

/** Predictions for a terminal: a table, then what to change for each. No line is wider than `width`. */
export const renderPredictions = (
  predictions: readonly Prediction[],
  options: { readonly width: number; readonly color: boolean },
): string => {
  const colors = picocolors.createColors(options.color)
  const width = Math.max(40, Math.floor(options.width))
  if (predictions.length === 0) return 'Nothing is predicted to go wrong.\n'
  const fixes = [...new Map(predictions.map(({ cause, fix }) => [`${cause}: ${fix}`, fix])).keys()]
  const lines = [
    ...terminalTable(predictionsTable(predictions), width, colors),
    '',
    colors.bold('What to change'),
    ...fixes.flatMap((fix) =>
      wrapText(escapeTerminal(fix), Math.min(width, MOST_PROSE) - 4).map(
        (line, i) => `${i === 0 ? '  - ' : '    '}${line}`,
      ),
    ),
  ]
  return `${lines.join('\n')}\n`
}

/** One line for each prediction, for the log of a run. */
export const predictionLines = (predictions: readonly Prediction[]): readonly string[] =>
  predictions.map(({ cause, severity, title }) =>
    escapeTerminal(`predicted ${cause} (${severity}): ${title}`),
  )

const OUTCOMES: Readonly<
  Record<PredictionOutcome, readonly [mark: string, words: string, unit: string | null, Tone]>
> = {
  'came-true': ['✓', 'came true', 'failed', 'bad'],
  possible: ['?', 'may have', 'ambiguous', 'warn'],
  'not-seen': ['✗', 'not seen', null, 'quiet'],
  'not-tested': ['–', 'not tested here', null, 'quiet'],
}

/** What became of a prediction: `came true, 12 failed`. */
export const judgedText = ({ outcome, failed }: JudgedPrediction): string => {
  const [, words, unit] = OUTCOMES[outcome]
  return unit === null ? words : `${words}, ${countText(failed)} ${unit}`
}

const outcomeCell = (prediction: JudgedPrediction): Cell => {
  const [mark, , , tone] = OUTCOMES[prediction.outcome]
  return cell(`${mark} ${judgedText(prediction)}`, tone)
}

/** After a run: what had been predicted before any load, and what became of it. */
export const judgedTable = (report: PredictionReport | undefined): ReportTable => ({
  id: 'judged-predictions',
  title: 'Predicted before the run, and what came true',
  columns: [column('Cause', 5), column('Prediction', 24), column('Severity', 8, 1), column('Outcome', 16)],
  rows: [
    ...(report?.made ?? []).map((prediction) => [
      cell(prediction.cause),
      cell(prediction.title),
      cell(prediction.severity, SEVERITY_TONES[prediction.severity]),
      outcomeCell(prediction),
    ]),
    ...(report?.unpredicted ?? []).map(({ cause, title, failed }) => [
      cell(cause),
      cell(title),
      cell('–', 'quiet'),
      cell(`found, not predicted: ${countText(failed)} failed`, 'bad'),
    ]),
  ],
  notes: [],
})
