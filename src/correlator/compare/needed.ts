import type { ComparisonOptions } from '../../model/comparison.ts'
import { logChoose } from '../statistics/binomial.ts'
import { normalQuantile } from '../statistics/normal.ts'
import { requiredTrials } from '../statistics/power.ts'
import { type Stratum, squaresOf } from '../statistics/strata.ts'

/**
 * Pod terminations of each variant that show a difference of `targetEffect` from the share `from`, upwards where there is
 * room, else downwards: exact power of Fisher's test times the design effect, in whole restarts of `perRestart`.
 */
export const terminationsNeeded = (
  from: number,
  perRestart: number,
  alpha: number,
  designEffect: number,
  { targetEffect, power }: Pick<ComparisonOptions, 'targetEffect' | 'power'>,
): number => {
  const effect = Math.min(1, Math.max(0.001, targetEffect))
  const to = from + effect <= 1 ? from + effect : Math.max(0, from - effect)
  return requiredTrials({ a: from, b: to }, alpha, power, Math.max(1, Math.round(perRestart))) * designEffect
}

/** The smallest p that dealing the units out anew within their strata can give. */
const smallestP = (strata: readonly Stratum<unknown>[], factor: number): number =>
  2 *
  Math.exp(
    -strata.reduce((sum, { a, b }) => {
      const first = Math.round(a.length * factor)
      return sum + logChoose(first + Math.round(b.length * factor), first)
    }, 0),
  )

/** Units on the smaller side. */
export const fewestUnits = (strata: readonly Stratum<unknown>[]): number =>
  Math.min(
    strata.reduce((sum, { a }) => sum + a.length, 0),
    strata.reduce((sum, { b }) => sum + b.length, 0),
  )

const MOST_RESTARTS = 1000

/** Units of each side with which the permutation test can reach `alpha` at all, if they come as they did so far. */
export const restartsToReach = (strata: readonly Stratum<unknown>[], alpha: number): number => {
  const now = fewestUnits(strata)
  let units = now
  while (now > 0 && units < MOST_RESTARTS && smallestP(strata, units / now) > alpha) units++
  return units
}

/**
 * Restarts of each variant that show a difference of `change` (in the metric's unit): 2 (z₁₋α/₂ + z_power)² s² / change²
 * (Cohen 1988), with s pooled within strata; and no fewer than can reach α at all. `null` when the spread is not known.
 */
export const restartsNeeded = (
  strata: readonly Stratum[],
  change: number,
  alpha: number,
  power: number,
): number | null => {
  const freedom = strata.reduce(
    (sum, { a, b }) => sum + Math.max(0, a.length - 1) + Math.max(0, b.length - 1),
    0,
  )
  if (fewestUnits(strata) === 0 || freedom === 0) return null
  const squares = strata.reduce((sum, { a, b }) => sum + squaresOf(a) + squaresOf(b), 0)
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(power)
  const variance = squares / freedom
  const bySpread =
    variance === 0 ? 2 : change <= 0 ? null : Math.ceil((2 * z * z * variance) / (change * change))
  return bySpread === null ? null : Math.max(bySpread, restartsToReach(strata, alpha))
}
