import type { ComparisonOptions } from '../../model/comparison.ts'

/**
 * α 5 %, power 80 %: the usual ones (Cohen 1988). Margin 10 % of pod terminations: 25 of them without a failure show a share
 * below it. Target: a quarter of the terminations, and a fifth of a duration.
 */
export const DEFAULT_OPTIONS: ComparisonOptions = {
  alpha: 0.05,
  margin: 0.1,
  targetEffect: 0.25,
  targetChange: 0.2,
  power: 0.8,
  rounds: 1999,
}
