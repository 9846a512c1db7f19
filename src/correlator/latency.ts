import { createHistogram, type LatencyHistogram } from '../kernel/histogram.ts'
import type { LatencySummary } from '../model/finding.ts'
import type { RequestRows } from '../model/request-rows.ts'
import { OK, phaseName, VUSER } from './codes.ts'

/** Good answers of vUsers in one phase. µs, from the real and from the intended start. */
export interface PhaseLatency {
  readonly fromStart: LatencyHistogram
  readonly fromIntended: LatencyHistogram
  count: number
  sumUs: number
  minUs: number
  maxUs: number
  maxIntendedUs: number
}

export const newPhaseLatency = (): PhaseLatency => ({
  fromStart: createHistogram(),
  fromIntended: createHistogram(),
  count: 0,
  sumUs: 0,
  minUs: Number.POSITIVE_INFINITY,
  maxUs: 0,
  maxIntendedUs: 0,
})

export interface LatencyBooks {
  readonly byPhase: ReadonlyMap<string, PhaseLatency>
  readonly all: PhaseLatency
  /** vUser requests started, by phase. */
  readonly startedByPhase: ReadonlyMap<string, number>
}

/** Adds one good answer. */
export const record = (books: PhaseLatency, fromStartUs: number, fromIntendedUs: number): void => {
  books.fromStart.record(fromStartUs)
  books.fromIntended.record(fromIntendedUs)
  books.count++
  books.sumUs += fromStartUs
  books.minUs = Math.min(books.minUs, fromStartUs)
  books.maxUs = Math.max(books.maxUs, fromStartUs)
  books.maxIntendedUs = Math.max(books.maxIntendedUs, fromIntendedUs)
}

/** One pass over the rows. Failed requests have no latency: how fast a refusal came says nothing of the service. */
export const latencyBooks = (requests: RequestRows): LatencyBooks => {
  const byPhase = new Map<string, PhaseLatency>()
  const startedByPhase = new Map<string, number>()
  const all = newPhaseLatency()
  for (const block of requests.blocks('source', 'phase', 'outcome', 'intendedUs', 'startUs', 'endUs')) {
    for (let i = 0; i < block.length; i++) {
      if (block.source[i] !== VUSER) continue
      const phase = phaseName(block.phase[i] ?? 0)
      startedByPhase.set(phase, (startedByPhase.get(phase) ?? 0) + 1)
      if (block.outcome[i] !== OK) continue
      const endUs = block.endUs[i] ?? 0
      const fromStartUs = endUs - (block.startUs[i] ?? 0)
      const fromIntendedUs = endUs - (block.intendedUs[i] ?? 0)
      if (!Number.isFinite(fromStartUs) || !Number.isFinite(fromIntendedUs)) continue
      let books = byPhase.get(phase)
      if (books === undefined) {
        books = newPhaseLatency()
        byPhase.set(phase, books)
      }
      record(books, fromStartUs, fromIntendedUs)
      record(all, fromStartUs, fromIntendedUs)
    }
  }
  return { byPhase, all, startedByPhase }
}

const percentiles = (histogram: LatencyHistogram, maxUs: number) => ({
  p50Us: Math.min(maxUs, histogram.valueAtUs(50) ?? 0),
  p90Us: Math.min(maxUs, histogram.valueAtUs(90) ?? 0),
  p99Us: Math.min(maxUs, histogram.valueAtUs(99) ?? 0),
  p999Us: Math.min(maxUs, histogram.valueAtUs(99.9) ?? 0),
  maxUs,
})

/** The figures of one class of answers. */
export const summaryOf = (books: PhaseLatency): LatencySummary => ({
  count: books.count,
  ...percentiles(books.fromStart, Math.round(books.maxUs)),
  fromIntended: percentiles(books.fromIntended, Math.round(books.maxIntendedUs)),
})

/** In the order in which phases come in a run; phases without a good answer are absent. */
export const latencySummaries = (
  books: LatencyBooks,
  order: readonly string[],
): Record<string, LatencySummary> => {
  const summaries: Record<string, LatencySummary> = {}
  for (const phase of order) {
    const one = books.byPhase.get(phase)
    if (one === undefined || one.count === 0) continue
    summaries[phase] = summaryOf(one)
  }
  return summaries
}
