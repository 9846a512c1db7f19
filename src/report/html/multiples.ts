import type { RolloutReport, RunReport } from '../../model/finding.ts'
import { escapeHtml } from '../escape.ts'
import { countText, durationText } from '../format.ts'
import { column, type ReportTable } from '../table.ts'
import { tableHtml } from './parts.ts'

/** One measure of each rollout, to be compared at a glance. */
interface Measure {
  readonly title: string
  readonly of: (rollout: RolloutReport) => number | null
  readonly text: (value: number) => string
}

const MEASURES: readonly Measure[] = [
  { title: 'Failed requests', of: ({ failed }) => failed, text: countText },
  { title: 'Outage', of: ({ outageMs }) => outageMs ?? null, text: durationText },
  { title: 'vUsers affected', of: ({ vusersAffected }) => vusersAffected ?? null, text: countText },
  { title: 'Hidden damage', of: ({ hidden }) => hidden ?? null, text: countText },
]

const HEIGHT = 26
const WIDTH = 190

/** Bars of one measure; each has its value above and its rollout below, while there is room. */
const bars = (measure: Measure, rollouts: readonly RolloutReport[]): string => {
  const values = rollouts.map((rollout) => measure.of(rollout))
  const most = Math.max(1, ...values.map((value) => value ?? 0))
  const step = WIDTH / rollouts.length
  const wide = Math.min(30, step * 0.7)
  const roomy = step >= 34
  const parts = values.map((value, i) => {
    const x = (i + 0.5) * step
    const tall = value === null || value === 0 ? 0 : Math.max(3, (value / most) * HEIGHT)
    const index = rollouts[i]?.index ?? i + 1
    const label = value === null ? 'not measured' : measure.text(value)
    const bar =
      tall === 0
        ? `<path class="grid" d="M${(x - wide / 2).toFixed(1)} ${HEIGHT + 16}h${wide.toFixed(1)}"/>`
        : `<rect class="bar" x="${(x - wide / 2).toFixed(1)}" y="${(HEIGHT + 16 - tall).toFixed(1)}" width="${wide.toFixed(1)}" height="${tall.toFixed(1)}"><title>rollout ${index}: ${escapeHtml(label)}</title></rect>`
    const text = roomy
      ? `<text x="${x.toFixed(1)}" y="${(HEIGHT + 12 - tall).toFixed(1)}">${value === null ? '–' : escapeHtml(label)}</text><text class="label" x="${x.toFixed(1)}" y="${HEIGHT + 29}">${index}</text>`
      : ''
    return bar + text
  })
  const said = values
    .map(
      (value, i) =>
        `rollout ${rollouts[i]?.index ?? i + 1}: ${value === null ? 'not measured' : measure.text(value)}`,
    )
    .join(', ')
  return `<svg class="bars" viewBox="0 0 ${WIDTH} ${HEIGHT + 34}" role="img" aria-label="${escapeHtml(`${measure.title} by rollout. ${said}`)}">${parts.join('')}</svg>`
}

const multiplesTable = (rollouts: readonly RolloutReport[]): ReportTable => ({
  id: 'multiples',
  title: 'Rollout by rollout',
  columns: [
    column('Rollout', 7),
    ...MEASURES.map(({ title }) => column(title, 8, 0, 'right')),
    column('Requests', 8, 0, 'right'),
  ],
  rows: rollouts.map((rollout) => [
    { text: `Rollout ${rollout.index}` },
    ...MEASURES.map((measure) => {
      const value = measure.of(rollout)
      return value === null
        ? { text: 'not measured' }
        : { text: measure.text(value), ...(value > 0 ? { tone: 'bad' as const } : {}) }
    }),
    { text: countText(rollout.requests) },
  ]),
  notes: [],
})

/** Bars of the figure of that name, one for each rollout; '' where there is nothing to compare. */
export const figureBars = (label: string, report: RunReport): string => {
  const measure = MEASURES.find(({ title }) => title === label)
  const known = report.rollouts.some((rollout) => measure !== undefined && measure.of(rollout) !== null)
  return measure === undefined || !known ? '' : bars(measure, report.rollouts)
}

/** The bars as a table; '' without a rollout. */
export const multiplesHtml = (report: RunReport): string =>
  report.rollouts.length === 0
    ? ''
    : `<details><summary>Rollout by rollout, as a table</summary>${tableHtml(multiplesTable(report.rollouts))}</details>`
