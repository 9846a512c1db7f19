import { type Bounds, wilson } from './wilson.ts'

/**
 * Interval of the difference of two independent shares, `a` − `b`: Newcombe's method 10, the square-and-add of two Wilson
 * intervals (Newcombe 1998, "Interval estimation for the difference between independent proportions"). It keeps a width
 * where both are 0. Trials may be fractions (effective numbers). `null` without trials.
 */
export const newcombe = (
  a: { readonly hit: number; readonly trials: number },
  b: { readonly hit: number; readonly trials: number },
  z?: number,
): Bounds | null => {
  const first = wilson(a.hit, a.trials, z)
  const second = wilson(b.hit, b.trials, z)
  if (first === null || second === null) return null
  const p = a.hit / a.trials
  const q = b.hit / b.trials
  return {
    low: Math.max(-1, p - q - Math.hypot(p - first.low, second.high - q)),
    high: Math.min(1, p - q + Math.hypot(first.high - p, q - second.low)),
  }
}
