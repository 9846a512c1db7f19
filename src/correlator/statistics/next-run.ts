import type { Random } from '../../kernel/random.ts'
import { percentile } from './percentile.ts'
import type { Bounds } from './wilson.ts'

const ROUNDS = 2000

/** Terminations of which none is seen while the truth may still be so many: the rule of three (Hanley and Lippman-Hand 1983). */
const UNSEEN = 3

/**
 * 95 % intervals for the sums of another sample of as many units, one for each column of `values[unit][column]`. The unit
 * is resampled as a whole (bootstrap: Efron 1979), once for what is not known of the truth and once more, from that
 * resample, for the chance of the next sample; so the intervals hold the next sum, not only the mean. A column whose
 * units are nearly all 0 keeps at least what the rule of three leaves open: three units more, each with the mean of
 * those that are not 0.
 * @param columns how many columns there are
 */
export const nextSumIntervals = (
  values: readonly (readonly number[])[],
  columns: number,
  random: Random,
): Bounds[] => {
  const n = values.length
  const sums = Array.from({ length: columns }, () => new Float64Array(ROUNDS))
  const first = new Uint32Array(n)
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < n; i++) first[i] = random.below(n)
    for (let i = 0; i < n; i++) {
      const unit = values[first[random.below(n)] ?? 0]
      for (let column = 0; column < columns; column++) {
        const sum = sums[column]
        if (sum !== undefined) sum[round] = (sum[round] ?? 0) + (unit?.[column] ?? 0)
      }
    }
  }
  return sums.map((sum, column) => {
    const sorted = sum.toSorted((a, b) => a - b)
    const hit = values.map((unit) => unit[column] ?? 0).filter((value) => value > 0)
    const each = hit.length === 0 ? 1 : Math.max(1, hit.reduce((a, b) => a + b, 0) / hit.length)
    return {
      low: percentile(sorted, 2.5) ?? 0,
      high: Math.max(percentile(sorted, 97.5) ?? 0, Math.min(n, UNSEEN) * each),
    }
  })
}
