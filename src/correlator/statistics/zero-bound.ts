/**
 * Upper 95 % bound of a share of which none was seen in `trials`: 3/n, the rule of three (Hanley and Lippman-Hand
 * 1983, "If nothing goes wrong, is everything all right?"), at most 1. `null` without trials.
 */
export const ruleOfThree = (trials: number): number | null => (trials <= 0 ? null : Math.min(1, 3 / trials))

/**
 * The exact one-sided bound that {@link ruleOfThree} rounds up: 1 − (1 − confidence)^(1/n) (Clopper and Pearson 1934
 * for zero). `null` without trials.
 */
export const exactZeroBound = (trials: number, confidence = 0.95): number | null =>
  trials <= 0 ? null : 1 - (1 - confidence) ** (1 / trials)
