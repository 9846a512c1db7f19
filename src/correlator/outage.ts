import type { RunReport } from '../model/finding.ts'
import type { RequestRows } from '../model/request-rows.ts'
import { CUT, FAILED, FRESH_PROBE, REUSED_PROBE } from './codes.ts'
import { intersectionOf, lengthMs, type Span, unionOf } from './interval.ts'

const PATHS = [
  { source: FRESH_PROBE, name: 'fresh' },
  { source: REUSED_PROBE, name: 'reused' },
] as const

interface Probe {
  readonly requestId: number
  readonly startMs: number
  readonly endMs: number
  readonly failed: boolean
}

/** Outage of one probe path: from the start of a failed probe to the start of the next good one, or to its own end. */
const outagesOf = (requests: RequestRows, source: number): { probes: number; spans: Span[] } => {
  const probes: Probe[] = []
  for (const block of requests.blocks('source', 'outcome', 'startUs', 'endUs', 'requestId')) {
    for (let i = 0; i < block.length; i++) {
      if (block.source[i] !== source || block.outcome[i] === CUT) continue
      probes.push({
        requestId: block.requestId[i] ?? 0,
        startMs: (block.startUs[i] ?? 0) / 1000,
        endMs: (block.endUs[i] ?? 0) / 1000,
        failed: block.outcome[i] === FAILED,
      })
    }
  }
  probes.sort((a, b) => a.startMs - b.startMs || a.requestId - b.requestId)
  const spans: Span[] = []
  let fromMs: number | null = null
  let lastEndMs = 0
  for (const { startMs, endMs, failed } of probes) {
    if (failed) {
      fromMs ??= startMs
      lastEndMs = Math.max(lastEndMs, endMs)
    } else if (fromMs !== null) {
      spans.push({ fromMs, toMs: startMs })
      fromMs = null
      lastEndMs = 0
    }
  }
  if (fromMs !== null) spans.push({ fromMs, toMs: Math.max(lastEndMs, fromMs) })
  return { probes: probes.length, spans: unionOf(spans) }
}

/** Outages of each probe path that sent anything. */
const outagePaths = (requests: RequestRows) =>
  PATHS.map(({ source, name }) => ({ name, ...outagesOf(requests, source) })).filter(
    ({ probes }) => probes > 0,
  )

/** Times in which probes of at least one path failed; `null` when none were sent. */
export const outageSpans = (requests: RequestRows): Span[] | null => {
  const paths = outagePaths(requests)
  return paths.length === 0 ? null : unionOf(paths.flatMap(({ spans }) => spans))
}

/** Outage as time, from the probes beside the vUsers; `null` when none were sent. */
export const outageOf = (requests: RequestRows): RunReport['outage'] => {
  const paths = outagePaths(requests)
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
