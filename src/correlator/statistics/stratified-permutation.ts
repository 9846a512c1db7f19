import type { Random } from '../../kernel/random.ts'
import { commonDifference, type Stratum, squaresOf, weightOf } from './strata.ts'

export interface PermutationResult {
  /** For the whole question: the price for looking at several scores is in it. */
  readonly p: number
  /** For each score: the common difference, its distance from 0 in standard errors under the null, and p by itself. */
  readonly scores: readonly { readonly difference: number; readonly t: number; readonly p: number }[]
}

export interface PermutationOptions {
  readonly rounds: number
  readonly random: Random
  /** By how much the variance is larger than with independent units; ≥ 1. */
  readonly designEffect?: number
}

/** Equal sums may differ in their last digits. */
const TIE = 1e-9

/** Standard error of the common difference when the units of each stratum are dealt out at random. Exact. */
const nullError = (strata: readonly Stratum[]): number => {
  let variance = 0
  let weights = 0
  for (const stratum of strata) {
    const weight = weightOf(stratum)
    const pool = [...stratum.a, ...stratum.b]
    if (weight === 0) continue
    // Var(mean of a − mean of b) = S² (1/n + 1/m) = S² / weight.
    variance += (weight * squaresOf(pool)) / (pool.length - 1)
    weights += weight
  }
  return weights === 0 ? 0 : Math.sqrt(variance) / weights
}

/**
 * Two-sided permutation test of "a and b are the same": units are dealt out anew within each stratum, never between strata.
 * Each score turns a unit's value into a number whose means are compared; with several, the largest of the differences (each
 * in its standard errors) is what is looked at, so that p holds for all of them together (Westfall and Young 1993, max-T).
 * p = (1 + rounds at least as extreme) / (1 + rounds) (Phipson and Smyth 2010). The observed distance is divided by
 * √designEffect first. `null` when no stratum has both sides.
 */
export const stratifiedPermutation = <T>(
  strata: readonly Stratum<T>[],
  scores: readonly ((unit: T) => number)[],
  { rounds, random, designEffect = 1 }: PermutationOptions,
): PermutationResult | null => {
  const used = strata.filter((stratum) => weightOf(stratum) > 0)
  if (used.length === 0) return null
  const scored = scores.map((score) => {
    const mapped = used.map(({ a, b }) => ({ a: a.map(score), b: b.map(score) }))
    return {
      difference: commonDifference(mapped) ?? 0,
      error: nullError(mapped),
      pools: mapped.map(({ a, b }) => Float64Array.from([...a, ...b])),
    }
  })
  const weights = used.map(weightOf)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const scale = Math.sqrt(Math.max(1, designEffect))
  const observed = scored.map(({ difference, error }) => (error === 0 ? 0 : difference / error))
  const asExtreme = scored.map(() => 0)
  let allAsExtreme = 0
  const most = Math.max(...observed.map(Math.abs)) / scale
  const orders = used.map(({ a, b }) => Uint32Array.from({ length: a.length + b.length }, (_, i) => i))
  const drawn = scored.map(() => 0)
  for (let round = 0; round < rounds; round++) {
    drawn.fill(0)
    for (let s = 0; s < used.length; s++) {
      const first = used[s]?.a.length ?? 0
      const second = used[s]?.b.length ?? 0
      const order = orders[s] ?? new Uint32Array()
      deal(order, first, random)
      for (let k = 0; k < scored.length; k++) {
        const pool = scored[k]?.pools[s] ?? new Float64Array()
        let inFirst = 0
        for (let i = 0; i < first; i++) inFirst += pool[order[i] ?? 0] ?? 0
        let inAll = 0
        for (let i = 0; i < pool.length; i++) inAll += pool[i] ?? 0
        const difference = inFirst / first - (inAll - inFirst) / second
        drawn[k] = (drawn[k] ?? 0) + ((weights[s] ?? 0) * difference) / total
      }
    }
    let largest = 0
    for (let k = 0; k < scored.length; k++) {
      const error = scored[k]?.error ?? 0
      const t = error === 0 ? 0 : Math.abs(drawn[k] ?? 0) / error
      if (t >= Math.abs(observed[k] ?? 0) / scale - TIE) asExtreme[k] = (asExtreme[k] ?? 0) + 1
      largest = Math.max(largest, t)
    }
    if (largest >= most - TIE) allAsExtreme++
  }
  return {
    p: (1 + allAsExtreme) / (1 + rounds),
    scores: scored.map(({ difference }, k) => ({
      difference,
      t: (observed[k] ?? 0) / scale,
      p: (1 + (asExtreme[k] ?? 0)) / (1 + rounds),
    })),
  }
}

/** Puts a random choice of `count` in front (Fisher and Yates). */
const deal = (order: Uint32Array, count: number, random: Random): void => {
  for (let i = 0; i < count; i++) {
    const j = i + random.below(order.length - i)
    const kept = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = kept
  }
}
