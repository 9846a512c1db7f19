import type { RunReport } from '../model/finding.ts'
import type { RequestColumns } from '../model/request-columns.ts'
import { CUT, FAILED, FRESH_PROBE, REUSED_PROBE } from './codes.ts'
import { intersectionOf, lengthMs, type Span, unionOf } from './interval.ts'

const PATHS = [
  { source: FRESH_PROBE, name: 'fresh' },
  { source: REUSED_PROBE, name: 'reused' },
] as const

/** Outage of one probe path: from the start of a failed probe to the start of the next good one, or to its own end. */
const outagesOf = (columns: RequestColumns, source: number): { probes: number; spans: Span[] } => {
  const rows: number[] = []
  for (let i = 0; i < columns.length; i++)
    if (columns.source[i] === source && columns.outcome[i] !== CUT) rows.push(i)
  rows.sort(
    (a, b) =>
      (columns.startUs[a] ?? 0) - (columns.startUs[b] ?? 0) ||
      (columns.requestId[a] ?? 0) - (columns.requestId[b] ?? 0),
  )
  const spans: Span[] = []
  let fromMs: number | null = null
  let lastEndMs = 0
  for (const row of rows) {
    const startMs = (columns.startUs[row] ?? 0) / 1000
    if (columns.outcome[row] === FAILED) {
      fromMs ??= startMs
      lastEndMs = Math.max(lastEndMs, (columns.endUs[row] ?? 0) / 1000)
    } else if (fromMs !== null) {
      spans.push({ fromMs, toMs: startMs })
      fromMs = null
      lastEndMs = 0
    }
  }
  if (fromMs !== null) spans.push({ fromMs, toMs: Math.max(lastEndMs, fromMs) })
  return { probes: rows.length, spans: unionOf(spans) }
}

/** Outages of each probe path that sent anything. */
const outagePaths = (columns: RequestColumns) =>
  PATHS.map(({ source, name }) => ({ name, ...outagesOf(columns, source) })).filter(
    ({ probes }) => probes > 0,
  )

/** Times in which probes of at least one path failed; `null` when none were sent. */
export const outageSpans = (columns: RequestColumns): Span[] | null => {
  const paths = outagePaths(columns)
  return paths.length === 0 ? null : unionOf(paths.flatMap(({ spans }) => spans))
}

/** Outage as time, from the probes beside the vUsers; `null` when none were sent. */
export const outageOf = (columns: RequestColumns): RunReport['outage'] => {
  const paths = outagePaths(columns)
  const first = paths[0]
  if (first === undefined) return null
  const any = unionOf(paths.flatMap(({ spans }) => spans))
  const all = paths.slice(1).reduce((common, { spans }) => intersectionOf(common, spans), first.spans)
  return {
    anyMs: Math.round(lengthMs(any)),
    allMs: Math.round(lengthMs(all)),
    longestMs: Math.round(Math.max(0, ...any.map((span) => span.toMs - span.fromMs))),
    method:
      `probes at a fixed rate (${paths.map(({ name, probes }) => `${probes} ${name}`).join(', ')}): from the start of a failed probe ` +
      'to the start of the next good one on its path; any = at least one path, all = every path at once',
  }
}
