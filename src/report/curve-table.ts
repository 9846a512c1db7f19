import type { DrainCurve, DrainCurvePoint } from '../model/finding.ts'
import { countText } from './format.ts'
import { cell, column, type ReportTable } from './table.ts'

/** Failures to one digit after the point where they are few: `0`, `2.5`, `1,204`. */
const failuresText = (value: number): string =>
  value >= 10 || Number.isInteger(value) ? countText(value) : value.toFixed(1)

const rowOf = (point: DrainCurvePoint) => [
  cell(`${point.preStopSeconds} s`),
  cell(
    point.extrapolated ? `≤ ${failuresText(point.high)}` : failuresText(point.expected),
    point.extrapolated ? 'warn' : point.expected > 0 ? 'bad' : 'good',
  ),
  cell(`${failuresText(point.low)} to ${failuresText(point.high)}`),
  cell(countText(point.reused), 'quiet'),
  cell(point.extrapolated ? 'extrapolated' : 'seen', point.extrapolated ? 'warn' : 'quiet'),
]

/** What other values of preStop would have made of this run. */
export const curveTable = (curve: DrainCurve): ReportTable => ({
  id: 'curve',
  title: 'Failures that would have been at other values of preStop',
  columns: [
    column('preStop', 7),
    column('Failures, new connections', 9, 0, 'right'),
    column('95 % interval', 9, 1, 'right'),
    column('Kept-alive still used', 8, 3, 'right'),
    column('Basis', 8, 2),
  ],
  rows: curve.points.map(rowOf),
  notes: [
    `Seen up to ${curve.support.toFixed(1)} s after the start of each termination; beyond it the curve is extrapolated: it never rises, no more is known.`,
    ...curve.validity,
  ],
})
