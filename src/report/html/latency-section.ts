import type { HeatMap } from '../../model/detail.ts'
import type { LatencySummary, PodAgeLatency, RunReport } from '../../model/finding.ts'
import { countText, latencyText, runClockText } from '../format.ts'
import { type Cell, cell, column, type ReportTable } from '../table.ts'
import { tableHtml } from './parts.ts'

const PERCENTILES = ['p50', 'p90', 'p99', 'p99.9', 'Max'].map((label) => column(label, 7, 0, 'right'))

const figures = (of: LatencySummary['fromIntended']): Cell[] =>
  [of.p50Us, of.p90Us, of.p99Us, of.p999Us, of.maxUs].map((us) => cell(latencyText(us)))

const phaseTable = (report: RunReport): ReportTable => ({
  id: 'latency-phase',
  title: 'By phase, from the intended start',
  columns: [
    column('Phase', 8),
    column('Answers', 8, 0, 'right'),
    ...PERCENTILES,
    column('p99 from start', 8, 0, 'right'),
  ],
  rows: Object.entries(report.latency.byPhase).map(([phase, one]) => [
    cell(phase),
    cell(countText(one.count)),
    ...figures(one.fromIntended),
    cell(latencyText(one.p99Us)),
  ]),
  notes: [
    'From the moment the request was due, so that a late start is not hidden. Failed requests have no latency.',
  ],
})

const ageText = ({ fromMs, toMs }: PodAgeLatency): string => {
  if (fromMs === null) return 'Ready before the run'
  return toMs === null ? `${fromMs / 1000} s and older` : `${fromMs / 1000} to ${toMs / 1000} s`
}

const ageTable = (ages: readonly PodAgeLatency[]): ReportTable => {
  const old = ages.find(({ fromMs }) => fromMs === null) ?? ages.at(-1)
  return {
    id: 'latency-age',
    title: 'By how long the pod had been Ready (cold pods)',
    columns: [
      column('Pod age', 10),
      column('Answers', 8, 0, 'right'),
      ...PERCENTILES,
      column('p99, times that of old pods', 8, 0, 'right'),
    ],
    rows: ages.map((one) => {
      const times =
        old === undefined || old.fromIntended.p99Us === 0
          ? null
          : one.fromIntended.p99Us / old.fromIntended.p99Us
      const text = times === null || one === old ? '–' : `× ${times.toFixed(1)}`
      return [
        cell(ageText(one)),
        cell(countText(one.count)),
        ...figures(one.fromIntended),
        times !== null && times >= 2 && one.count >= 100 ? cell(text, 'warn') : cell(text),
      ]
    }),
    notes: ['Of answers whose pod is known. A class with few answers says little.'],
  }
}

const MOST_ROWS = 24

/** The heat map as a table: few columns of time, and of each the latencies that half, and all but 1 %, stayed below. */
const heatTable = (heat: HeatMap): ReportTable => {
  const rows = heat.edgesUs.length + 1
  const columns = heat.counts.length / rows
  const step = Math.max(1, Math.ceil(columns / MOST_ROWS))
  const edge = (counts: readonly number[], share: number): string => {
    const total = counts.reduce((sum, n) => sum + n, 0)
    let sum = 0
    for (const [row, n] of counts.entries()) {
      sum += n
      if (sum >= total * share && total > 0) {
        const us = heat.edgesUs[row]
        return us === undefined ? `over ${latencyText(heat.edgesUs.at(-1) ?? 0)}` : `≤ ${latencyText(us)}`
      }
    }
    return '–'
  }
  return {
    id: 'heat',
    title: 'The heat map as a table',
    columns: [
      column('From', 6, 0, 'right'),
      column('Answers', 6, 0, 'right'),
      column('Half', 6, 0, 'right'),
      column('99 %', 6, 0, 'right'),
      column('All', 6, 0, 'right'),
    ],
    rows: Array.from({ length: Math.ceil(columns / step) }, (_, i) => {
      const counts = Array.from({ length: rows }, (_row, row) => {
        let sum = 0
        for (let c = i * step; c < Math.min(columns, (i + 1) * step); c++)
          sum += heat.counts[c * rows + row] ?? 0
        return sum
      })
      return [
        cell(runClockText(i * step * heat.columnMs, 0)),
        cell(countText(counts.reduce((sum, n) => sum + n, 0))),
        cell(edge(counts, 0.5)),
        cell(edge(counts, 0.99)),
        cell(edge(counts, 1)),
      ]
    }),
    notes: [],
  }
}

/** Percentiles by phase and by pod age, and the heat map over time. */
export const latencyHtml = (report: RunReport, heat: HeatMap | null): string => {
  const ages = report.latency.byPodAge ?? []
  const map =
    heat === null
      ? ''
      : `<section aria-labelledby="heat-title"><h2 id="heat-title">Latency over time</h2>
<p class="note">Good answers from their intended start. Each cell is a span of time and a range of latency: the stronger its colour, the more answers (logarithmic).</p>
<div id="heat" class="plot" tabindex="0" role="group" aria-label="Heat map of latency over time. The same is in the table below."></div>
<p id="heat-readout" class="readout" aria-live="polite"></p>
<details><summary>As a table</summary>${tableHtml(heatTable(heat))}</details></section>`
  return `<h2>Latency</h2>
${Object.keys(report.latency.byPhase).length === 0 ? '<p>No request was answered well.</p>' : tableHtml(phaseTable(report))}
${ages.length === 0 ? '<p class="note">No answer can be given to a pod, so nothing can be said by pod age.</p>' : tableHtml(ageTable(ages))}
${map}`
}
