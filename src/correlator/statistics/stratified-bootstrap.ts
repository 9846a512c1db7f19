import type { Random } from '../../kernel/random.ts'
import { percentile } from './percentile.ts'
import { commonDifference, meanOf, type Stratum, weightOf } from './strata.ts'
import type { Bounds } from './wilson.ts'

export interface BootstrapOptions {
  readonly rounds: number
  readonly random: Random
  /** By how much the variance is larger than with independent units; ≥ 1. */
  readonly designEffect?: number
}

/** Mean of as many values, drawn with replacement. */
const resampledMean = (values: readonly number[], random: Random): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[random.below(values.length)] ?? 0
  return sum / values.length
}

/** Resampling n values has (n − 1)/n of their variance: deviations are stretched by this (Rao and Wu 1988). */
const stretch = (n: number): number => Math.sqrt(n / (n - 1))

const middle95 = (values: readonly number[]): Bounds | null => {
  const sorted = values.toSorted((a, b) => a - b)
  const low = percentile(sorted, 2.5)
  const high = percentile(sorted, 97.5)
  return low === null || high === null || low === high ? null : { low, high }
}

/**
 * 95 % percentile-bootstrap interval of a mean, over units. `null` with fewer than two values, or when all are equal: then
 * resampling shows no spread, which is not the same as certainty.
 */
export const bootstrapMean = (
  values: readonly number[],
  { rounds, random, designEffect = 1 }: BootstrapOptions,
): Bounds | null => {
  const mean = meanOf(values)
  if (mean === null || values.length < 2) return null
  const scale = stretch(values.length) * Math.sqrt(Math.max(1, designEffect))
  return middle95(Array.from({ length: rounds }, () => mean + (resampledMean(values, random) - mean) * scale))
}

/**
 * 95 % percentile-bootstrap interval of the common difference a − b. Units are resampled within their stratum and side; where
 * a side has one unit only, whole strata are resampled instead (paired by stratum). `null` when neither is possible, or
 * nothing varies.
 */
export const bootstrapDifference = (
  strata: readonly Stratum[],
  { rounds, random, designEffect = 1 }: BootstrapOptions,
): Bounds | null => {
  const used = strata.filter((stratum) => weightOf(stratum) > 0)
  const difference = commonDifference(used)
  if (difference === null) return null
  const spread = Math.sqrt(Math.max(1, designEffect))
  if (used.some(({ a, b }) => a.length < 2 || b.length < 2)) {
    if (used.length < 2) return null
    const scale = stretch(used.length) * spread
    return middle95(
      Array.from({ length: rounds }, () => {
        const drawn = used.map(() => used[random.below(used.length)] ?? { a: [], b: [] })
        return difference + ((commonDifference(drawn) ?? difference) - difference) * scale
      }),
    )
  }
  const weights = used.map(weightOf)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const sides = used.map(({ a, b }) => ({ a, b, meanA: meanOf(a) ?? 0, meanB: meanOf(b) ?? 0 }))
  return middle95(
    Array.from({ length: rounds }, () => {
      let moved = 0
      sides.forEach(({ a, b, meanA, meanB }, i) => {
        const first = (resampledMean(a, random) - meanA) * stretch(a.length)
        const second = (resampledMean(b, random) - meanB) * stretch(b.length)
        moved += ((weights[i] ?? 0) * (first - second)) / total
      })
      return difference + moved * spread
    }),
  )
}
