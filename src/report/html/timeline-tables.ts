import type { Series } from '../../model/detail.ts'
import { countText, latencyText, runClockText } from '../format.ts'
import { type Cell, cell, column, type ReportTable } from '../table.ts'
import type { PageData } from './page-data.ts'

const MOST_ROWS = 60

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const largest = (values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((most, value) => (value === null ? most : Math.max(most ?? 0, value)), null)

/** Failures of the bins `from` … `to`, by kind: `5 reset, 2 closed`. */
const kindsText = (series: Series, from: number, to: number): string =>
  Object.entries(series.failedByKind)
    .flatMap(([kind, pairs]) => {
      let n = 0
      for (let i = 0; i < pairs.length; i += 2) {
        const bin = pairs[i] ?? -1
        if (bin >= from && bin < to) n += pairs[i + 1] ?? 0
      }
      return n === 0 ? [] : [`${countText(n)} ${kind}`]
    })
    .join(', ')

/** The charts as a table: one row for as many bins as make at most 60 rows. */
export const seriesTable = (series: Series): ReportTable => {
  const bins = series.ok.length
  const step = Math.max(1, Math.ceil(bins / MOST_ROWS))
  const stepMs = step * series.binMs
  const known = series.intended.length > 0
  const rate = (values: readonly number[]): Cell => cell(countText((sum(values) * 1000) / stepMs))
  const rows = Array.from({ length: Math.ceil(bins / step) }, (_, i): Cell[] => {
    const of = <T>(values: readonly T[]): readonly T[] => values.slice(i * step, (i + 1) * step)
    const failed = sum(of(series.failed))
    const flying = of(series.inFlight)
    const kinds = kindsText(series, i * step, (i + 1) * step)
    return [
      cell(runClockText(i * stepMs, stepMs < 1000 ? 2 : 0)),
      rate(of(series.started)),
      ...(known ? [rate(of(series.intended))] : []),
      rate(of(series.ok)),
      failed > 0
        ? cell(kinds === '' ? countText(failed) : `${countText(failed)}: ${kinds}`, 'bad')
        : cell('0'),
      cell(latencyText(largest(of(series.p50Us)))),
      cell(latencyText(largest(of(series.p99Us)))),
      ...(known ? [cell((sum(flying) / Math.max(1, flying.length)).toFixed(1))] : []),
    ]
  })
  return {
    id: 'windows',
    title: `In steps of ${stepMs < 1000 ? `${stepMs} ms` : `${stepMs / 1000} s`}`,
    columns: [
      column('From', 6, 0, 'right'),
      column('Sent per s', 6, 0, 'right'),
      ...(known ? [column('Due per s', 6, 0, 'right')] : []),
      column('Ended well per s', 6, 0, 'right'),
      column('Failed', 6),
      column('Highest p50', 6, 0, 'right'),
      column('Highest p99', 6, 0, 'right'),
      ...(known ? [column('In flight', 6, 0, 'right')] : []),
    ],
    rows,
    notes: [],
  }
}

const statesText = (states: readonly (readonly [number, string])[]): string =>
  states.map(([atMs, state]) => `${state} ${runClockText(atMs)}`).join(', ')

/** The strips of the lanes as a table; `null` where no endpoint or target was seen. */
export const stripsTable = (pods: PageData['pods']): ReportTable | null => {
  const targets = pods.some(({ target }) => target.length > 0)
  if (!targets && pods.every(({ endpoint }) => endpoint.length === 0)) return null
  return {
    id: 'strips',
    title: targets ? 'Endpoints and targets of the pods' : 'Endpoints of the pods',
    columns: [
      column('Pod', 24),
      column('Scheduled', 7, 0, 'right'),
      column('Started', 7, 0, 'right'),
      column('Endpoint', 20),
      ...(targets ? [column('Target', 20)] : []),
    ],
    rows: pods.map((pod) => [
      cell(pod.name),
      cell(runClockText(pod.scheduled?.[1] ?? null)),
      cell(runClockText(pod.started?.[1] ?? null)),
      cell(statesText(pod.endpoint)),
      ...(targets ? [cell(statesText(pod.target))] : []),
    ]),
    notes: ['When we learned of each change; each state holds until the next.'],
  }
}
