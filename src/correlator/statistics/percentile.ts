/**
 * The value at `percent` (0–100) of `sorted` (ascending), by nearest rank: the smallest value with at least that share
 * of all values at or below it. `null` for no values. So that a p99 of 20 values is their maximum.
 */
export const percentile = (sorted: ArrayLike<number>, percent: number): number | null => {
  const { length } = sorted
  if (length === 0) return null
  const rank = Math.ceil((Math.min(100, Math.max(0, percent)) / 100) * length - 1e-9)
  return sorted[Math.max(0, rank - 1)] ?? null
}
