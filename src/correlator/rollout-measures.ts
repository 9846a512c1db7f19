import { createHistogram, type LatencyHistogram } from '../kernel/histogram.ts'
import type { RolloutReport } from '../model/finding.ts'
import type { RequestRows } from '../model/request-rows.ts'
import { OK, VUSER } from './codes.ts'
import { intersectionOf, lengthMs, type Span } from './interval.ts'
import type { Timeline } from './timeline.ts'

/** What one restart did beside its failures. */
export type RolloutMeasures = Required<
  Pick<RolloutReport, 'outageMs' | 'p50Us' | 'p99Us' | 'readyBefore' | 'fewestReady'>
>

interface Latency {
  readonly histogram: LatencyHistogram
  maxUs: number
}

/** Good answers by the restart in which they started, until its old pods were gone. One pass over the rows. */
const latencies = (requests: RequestRows, untilMs: ReadonlyMap<number, number>): Map<number, Latency> => {
  const books = new Map<number, Latency>()
  for (const block of requests.blocks('rollout', 'source', 'outcome', 'startUs', 'endUs')) {
    for (let i = 0; i < block.length; i++) {
      const index = block.rollout[i] ?? 0
      const startUs = block.startUs[i] ?? 0
      const endsMs = untilMs.get(index)
      if (endsMs === undefined || block.source[i] !== VUSER || block.outcome[i] !== OK) continue
      const latencyUs = (block.endUs[i] ?? 0) - startUs
      if (startUs > endsMs * 1000 || !Number.isFinite(latencyUs)) continue
      const book = books.get(index) ?? { histogram: createHistogram(), maxUs: 0 }
      book.histogram.record(latencyUs)
      book.maxUs = Math.max(book.maxUs, Math.round(latencyUs))
      books.set(index, book)
    }
  }
  return books
}

const percentileOf = (book: Latency | undefined, percent: number): number | null =>
  book === undefined ? null : Math.min(book.maxUs, book.histogram.valueAtUs(percent) ?? 0)

/**
 * Ready endpoints as the watch told of them: at `fromMs`, and the fewest until `toMs`. What was told in one moment is taken
 * together. `null` when no endpoint was ever seen.
 */
export const readyEndpoints = (
  timeline: Timeline,
  fromMs: number,
  toMs: number,
): { readonly before: number; readonly fewest: number } | null => {
  const lines = timeline.pods.filter(({ endpoint }) => endpoint.length > 0)
  if (lines.length === 0) return null
  const readyAt = (atMs: number): number =>
    lines.filter(({ endpoint }) => {
      const state = endpoint.findLast(({ receivedAtMs }) => receivedAtMs <= atMs)
      return state?.present === true && state.ready
    }).length
  const moments = new Set(
    lines.flatMap(({ endpoint }) =>
      endpoint.map(({ receivedAtMs }) => receivedAtMs).filter((atMs) => atMs > fromMs && atMs <= toMs),
    ),
  )
  const before = readyAt(fromMs)
  return { before, fewest: Math.min(before, ...[...moments].map(readyAt)) }
}

/**
 * Outage, latency and capacity of each restart, in the order of `timeline.rollouts`. Outage runs until the next restart, latency
 * and capacity until the old pods were gone.
 * @param outages times in which probes of at least one path failed; `null` without probes
 */
export const rolloutMeasures = (
  timeline: Timeline,
  requests: RequestRows,
  outages: readonly Span[] | null,
): RolloutMeasures[] => {
  const ends = timeline.rollouts.map(
    ({ oldPodsGoneAtMs }, i) => oldPodsGoneAtMs ?? timeline.rollouts[i + 1]?.requestedAtMs ?? timeline.endMs,
  )
  const byIndex = latencies(
    requests,
    new Map(timeline.rollouts.map(({ index }, i) => [index, ends[i] ?? timeline.endMs])),
  )
  return timeline.rollouts.map(({ index, requestedAtMs }, i) => {
    const nextMs = timeline.rollouts[i + 1]?.requestedAtMs ?? timeline.endMs
    const ready = readyEndpoints(timeline, requestedAtMs, ends[i] ?? timeline.endMs)
    const latency = byIndex.get(index)
    return {
      outageMs:
        outages === null
          ? null
          : Math.round(lengthMs(intersectionOf(outages, [{ fromMs: requestedAtMs, toMs: nextMs }]))),
      p50Us: percentileOf(latency, 50),
      p99Us: percentileOf(latency, 99),
      readyBefore: ready?.before ?? null,
      fewestReady: ready?.fewest ?? null,
    }
  })
}
