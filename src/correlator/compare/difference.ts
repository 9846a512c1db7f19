import type { Random } from '../../kernel/random.ts'
import type { ComparedMetric, ComparisonOptions, ComparisonWord, Difference } from '../../model/comparison.ts'
import { commonDifference, meanOf, type Stratum, weightOf } from '../statistics/strata.ts'
import { bootstrapDifference } from '../statistics/stratified-bootstrap.ts'
import { stratifiedPermutation } from '../statistics/stratified-permutation.ts'
import { type MeasuredVariant, restartsIn, terminationsIn } from './measured-variant.ts'
import { restartUnitsIn, unitsIn } from './metrics.ts'
import { fewestUnits, restartsNeeded, restartsToReach } from './needed.ts'

/** A difference before it is known how many were tested with it. */
export interface Tested {
  readonly metric: ComparedMetric
  readonly strata: readonly Stratum[]
  /** The same by whole restarts, where terminations are too much alike; else empty. */
  readonly restarts: readonly Stratum<readonly number[]>[]
  readonly p: number | null
  /** +1: the variant has more; -1: less; 0: neither, or the two ways of looking contradict each other. */
  readonly direction: -1 | 0 | 1
  /** Drops less often but more each time, or the other way round, and both are shown. */
  readonly contradiction: boolean
  readonly interval: Difference['interval']
}

export interface TestOptions {
  readonly options: ComparisonOptions
  readonly random: Random
  readonly designEffect: number
}

const all = (strata: readonly Stratum[], side: 'a' | 'b'): number[] =>
  strata.flatMap((stratum) => stratum[side])

/** The blocks that have both, a = variant, b = reference. */
export const strataOf = (
  variant: MeasuredVariant,
  reference: MeasuredVariant,
  metric: ComparedMetric,
): Stratum[] => {
  const blocks = [...new Set(variant.blocks.map(({ block }) => block))].sort((a, b) => a - b)
  return blocks
    .map((block) => ({ a: unitsIn(variant, block, metric), b: unitsIn(reference, block, metric) }))
    .filter((stratum) => weightOf(stratum) > 0)
}

/**
 * From this design effect on, whole restarts have to show the difference as well: the effect itself is known too badly from so few
 * of them. Chosen by simulation (test/unit/correlator/compare/a-a.test.ts): it keeps false words at α and costs independent
 * terminations a few per cent of power.
 */
const CLUSTERED = 1.25

/** The same with whole restarts as the units, each with the failures of its terminations. */
const restartStrata = (
  variant: MeasuredVariant,
  reference: MeasuredVariant,
): Stratum<readonly number[]>[] => {
  const blocks = [...new Set(variant.blocks.map(({ block }) => block))].sort((a, b) => a - b)
  return blocks
    .map((block) => ({ a: restartUnitsIn(variant, block), b: restartUnitsIn(reference, block) }))
    .filter((stratum) => weightOf(stratum) > 0)
}

const isHit = (value: number): number => (value > 0 ? 1 : 0)
const meanCount = (counts: readonly number[]): number => meanOf(counts) ?? 0
const hitShare = (counts: readonly number[]): number => meanOf(counts.map(isHit)) ?? 0
const asIs = (value: number): number => value

/**
 * Tests one metric of a pair. Failures are looked at in two ways at once: how many a termination drops, and how often one drops
 * anything; other metrics by their mean.
 */
export const testDifference = (
  variant: MeasuredVariant,
  reference: MeasuredVariant,
  metric: ComparedMetric,
  { options, random, designEffect }: TestOptions,
): Tested => {
  const strata = strataOf(variant, reference, metric)
  const effect = metric === 'failures' ? designEffect : 1
  const { rounds, alpha } = options
  const scores = metric === 'failures' ? [asIs, isHit] : [asIs]
  const test = stratifiedPermutation(strata, scores, {
    rounds,
    random: random.fork('permutation'),
    designEffect: effect,
  })
  const restarts = metric === 'failures' && designEffect > CLUSTERED ? restartStrata(variant, reference) : []
  const byRestart = stratifiedPermutation(restarts, [meanCount, hitShare], {
    rounds,
    random: random.fork('restarts'),
  })
  const interval = bootstrapDifference(strata, {
    rounds,
    random: random.fork('bootstrap'),
    designEffect: effect,
  })
  const strongest = test?.scores.toSorted((a, b) => Math.abs(b.t) - Math.abs(a.t))[0]
  const contradiction =
    test?.scores.some(({ t, p }) => p <= alpha && Math.sign(t) === -Math.sign(strongest?.t ?? 0)) ?? false
  const sign = Math.sign(strongest?.t ?? 0)
  return {
    metric,
    strata,
    restarts,
    p: test === null ? null : Math.max(test.p, byRestart?.p ?? 0),
    direction: contradiction || sign === 0 ? 0 : sign > 0 ? 1 : -1,
    contradiction,
    interval,
  }
}

export interface WordContext {
  readonly variant: MeasuredVariant
  readonly reference: MeasuredVariant
  readonly options: ComparisonOptions
  /** Tests in the family of this metric. */
  readonly tests: number
  /** {@link terminationsNeeded}; whoever asks often for the same remembers it. */
  readonly needed: (from: number, perRestart: number, alpha: number) => number
}

const enoughOr = (missing: number): ComparisonWord =>
  missing > 0 ? `not enough data: ${Math.ceil(missing)} more restarts needed` : 'no difference shown'

/** Restarts of each that would make it enough, less those that there are; 0 or less = there are enough. */
const restartsMissing = ({ strata, restarts, metric }: Tested, context: WordContext): number => {
  const { variant, reference, options, tests } = context
  // Holm holds the smallest p against α / tests.
  const alpha = options.alpha / Math.max(1, tests)
  const have = Math.min(all(strata, 'a').length, all(strata, 'b').length)
  if (metric !== 'failures') {
    // Of the reference; where that is 0, as an outage should be, of what the variant has.
    const of = meanOf(all(strata, 'b')) || meanOf(all(strata, 'a')) || 0
    const change = options.targetChange * Math.abs(of)
    const needed = restartsNeeded(strata, change, alpha, options.power)
    // Without a spread, or nothing to take a share of: as many as let the least p be reached are the least that can be said.
    return needed === null ? (have >= 4 ? 0 : 4 - have) : needed - have
  }
  const counts = [...terminationsIn(variant), ...terminationsIn(reference)]
  const perRestart = counts.length / Math.max(1, restartsIn(variant).length + restartsIn(reference).length)
  const from = meanOf(all(strata, 'b').map(isHit)) ?? 0
  const needed = context.needed(from, perRestart, alpha)
  const unreachable = restartsToReach(restarts, alpha) - fewestUnits(restarts)
  return Math.max((needed - have) / Math.max(1, perRestart), unreachable)
}

const FORMAT: Readonly<
  Record<ComparedMetric, { readonly of: string; readonly unit: string; readonly digits: number }>
> = {
  failures: { of: 'failures per pod termination', unit: '', digits: 2 },
  outageMs: { of: 'ms of outage per restart', unit: ' ms', digits: 0 },
  rolloutMs: { of: 'ms per rollout', unit: ' ms', digits: 0 },
  p50Ms: { of: 'ms median latency during rollouts', unit: ' ms', digits: 1 },
  p99Ms: { of: 'ms p99 latency during rollouts', unit: ' ms', digits: 1 },
  dip: { of: 'ready endpoints missing at the worst moment', unit: '', digits: 2 },
}

export const numberText = (value: number, digits: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: 0 })

/** The word and its sentence, once it is known what p is after adjustment. */
export const concluded = (tested: Tested, adjustedP: number | null, context: WordContext): Difference => {
  const { metric, strata, p, interval, direction, contradiction } = tested
  const { options } = context
  const n = { variant: all(strata, 'a').length, reference: all(strata, 'b').length }
  const mean = { variant: meanOf(all(strata, 'a')) ?? 0, reference: meanOf(all(strata, 'b')) ?? 0 }
  const shown = adjustedP !== null && adjustedP <= options.alpha
  const word: ComparisonWord =
    shown && direction < 0
      ? 'better'
      : shown && direction > 0
        ? 'worse'
        : contradiction
          ? 'no difference shown'
          : enoughOr(restartsMissing(tested, context))
  const { of, unit, digits } = FORMAT[metric]
  const text = (value: number): string => numberText(value, digits)
  const range = interval === null ? '' : ` (95 %: ${text(interval.low)} to ${text(interval.high)}${unit})`
  const difference = commonDifference(strata)
  const because =
    difference === null
      ? 'there is no round in which both were measured'
      : `${text(mean.variant)} against ${text(mean.reference)} ${of}, ${n.variant} and ${n.reference} ` +
        `${metric === 'failures' ? `terminations (${hitsText(strata)} dropped something)` : 'restarts'}: difference ${text(difference)}${unit}${range}` +
        (p === null ? '' : `, p ${pText(adjustedP ?? p)}${context.tests > 1 ? ' after Holm' : ''}`) +
        (contradiction ? '; one drops less often, but more each time' : '')
  return {
    metric,
    unit: metric === 'failures' ? 'pod termination' : 'restart',
    n,
    mean,
    difference,
    interval,
    p,
    adjustedP,
    word,
    because,
  }
}

const hitsText = (strata: readonly Stratum[]): string =>
  (['a', 'b'] as const)
    .map((side) => all(strata, side).reduce((sum, value) => sum + isHit(value), 0))
    .join(' and ')

export const pText = (p: number): string => (p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`)
