import { assertNever } from '../kernel/errors.ts'
import type { FailureVerdict, RunReport } from '../model/finding.ts'
import type { Threshold } from '../model/scenario.ts'
import { isHarness } from './findings.ts'
import { type LatencyBooks, newPhaseLatency, type PhaseLatency } from './latency.ts'
import { percentile } from './statistics/percentile.ts'
import type { World } from './world.ts'

/** What thresholds are computed from. */
export interface Measures {
  readonly verdicts: readonly FailureVerdict[]
  /** Phase of each failed request. */
  readonly phaseOf: ReadonlyMap<number, string>
  readonly latency: LatencyBooks
  readonly outage: RunReport['outage']
  readonly started: number
  readonly dropped: number
  /** From request to completion, ms. */
  readonly rolloutsMs: readonly number[]
}

const matches = (verdict: FailureVerdict, tags: Threshold['tags'], phase: string): boolean =>
  Object.entries(tags).every(([tag, wanted]) => {
    switch (tag) {
      case 'cause':
        return verdict.cause === wanted || (wanted === 'harness' && isHarness(verdict.cause))
      case 'kind':
        return verdict.kind === wanted
      case 'phase':
        return phase === wanted
      case 'pod':
        return verdict.pod === wanted
      default:
        return false
    }
  })

const failures = (
  threshold: Threshold,
  measures: Measures,
  counted: (verdict: FailureVerdict) => boolean,
): number | null => {
  const { tags, aggregation } = threshold
  const count = measures.verdicts.filter(
    (verdict) => counted(verdict) && matches(verdict, tags, measures.phaseOf.get(verdict.requestId) ?? ''),
  ).length
  if (aggregation === 'count' || aggregation === 'value') return count
  if (aggregation !== 'rate') return null
  const { phase } = tags
  const base = phase === undefined ? measures.started : (measures.latency.startedByPhase.get(phase) ?? 0)
  return base === 0 ? null : count / base
}

const duration = (threshold: Threshold, latency: LatencyBooks): number | null => {
  const { phase, ...others } = threshold.tags
  if (Object.keys(others).length > 0) return null
  const books: PhaseLatency =
    phase === undefined ? latency.all : (latency.byPhase.get(phase) ?? newPhaseLatency())
  if (books.count === 0) return null
  const { aggregation } = threshold
  if (typeof aggregation === 'object') {
    const us = books.fromStart.valueAtUs(aggregation.percentile)
    return us === null ? null : Math.min(us, books.maxUs) / 1000
  }
  switch (aggregation) {
    case 'avg':
    case 'value':
      return books.sumUs / books.count / 1000
    case 'min':
      return books.minUs / 1000
    case 'max':
      return books.maxUs / 1000
    case 'med':
      return (books.fromStart.valueAtUs(50) ?? 0) / 1000
    case 'count':
      return books.count
    case 'rate':
      return null
    default:
      return assertNever(aggregation)
  }
}

const ofValues = (values: readonly number[], aggregation: Threshold['aggregation']): number | null => {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  if (typeof aggregation === 'object') return percentile(sorted, aggregation.percentile)
  switch (aggregation) {
    case 'avg':
      return values.reduce((sum, value) => sum + value, 0) / values.length
    case 'min':
      return sorted[0] ?? null
    case 'med':
      return percentile(sorted, 50)
    case 'max':
    case 'value':
      return sorted.at(-1) ?? null
    case 'count':
      return values.length
    case 'rate':
      return null
    default:
      return assertNever(aggregation)
  }
}

/**
 * The threshold's left side; `null` when it cannot be computed (no data, or a tag or aggregation that the metric lacks).
 * ms for durations, 0–1 for rates.
 * @param counted which failures count; all by default
 */
export const measure = (
  threshold: Threshold,
  measures: Measures,
  counted: (verdict: FailureVerdict) => boolean = () => true,
): number | null => {
  switch (threshold.metric) {
    case 'failures':
      return failures(threshold, measures, counted)
    case 'http_req_duration':
      return duration(threshold, measures.latency)
    case 'outage_ms':
      return measures.outage === null ? null : measures.outage.anyMs
    case 'dropped':
      return threshold.aggregation === 'rate'
        ? measures.dropped / Math.max(1, measures.started + measures.dropped)
        : measures.dropped
    case 'rollout_duration':
      return ofValues(measures.rolloutsMs, threshold.aggregation)
    default:
      return assertNever(threshold.metric)
  }
}

export const satisfies = (value: number, { operator, value: limit }: Threshold): boolean => {
  switch (operator) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '>':
      return value > limit
    case '>=':
      return value >= limit
    case '==':
      return value === limit
    case '!=':
      return value !== limit
    default:
      return assertNever(operator)
  }
}

/** Completed rollouts, from the request to done, ms. */
export const rolloutDurations = (world: World): number[] =>
  world.timeline.rollouts.flatMap(({ completed, requestedAtMs }) =>
    completed === null ? [] : [completed.atMs - requestedAtMs],
  )
