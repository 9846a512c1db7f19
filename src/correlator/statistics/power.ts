import { binomialMasses } from './binomial.ts'
import { fisherTable } from './fisher.ts'
import { normalQuantile } from './normal.ts'

/** Above so many trials in a group the exact sum takes long and the approximation is good. */
const MOST_EXACT = 400
const MOST_TRIALS = 1_000_000

export interface TwoShares {
  /** True share of each group (0–1). */
  readonly a: number
  readonly b: number
}

/**
 * Chance that Fisher's exact test finds the difference of two true shares, with `trialsA` and `trialsB` trials, at level
 * `alpha` (two-sided): exact, by summing over all outcomes.
 */
export const fisherPower = (shares: TwoShares, trialsA: number, trialsB: number, alpha: number): number => {
  const first = binomialMasses(trialsA, shares.a)
  const second = binomialMasses(trialsB, shares.b)
  let power = 0
  for (let hits = 0; hits <= trialsA + trialsB; hits++) {
    const p = fisherTable(trialsA, trialsB, hits)
    for (let a = Math.max(0, hits - trialsB); a <= Math.min(trialsA, hits); a++) {
      if (p(a) <= alpha) power += (first[a] ?? 0) * (second[hits - a] ?? 0)
    }
  }
  return Math.min(1, power)
}

/** Trials of each group by the normal approximation with continuity correction (Fleiss, Tytun and Ury 1980). */
const approximateTrials = ({ a, b }: TwoShares, alpha: number, power: number): number => {
  const mean = (a + b) / 2
  const d = Math.abs(a - b)
  const root =
    normalQuantile(1 - alpha / 2) * Math.sqrt(2 * mean * (1 - mean)) +
    normalQuantile(power) * Math.sqrt(a * (1 - a) + b * (1 - b))
  const plain = (root * root) / (d * d)
  return (plain / 4) * (1 + Math.sqrt(1 + 4 / (plain * d))) ** 2
}

/**
 * Trials that each of two groups needs, a multiple of `step`, so that a difference of the true shares `a` and `b` is found
 * with chance `power` at level `alpha` (two-sided). Exact up to 400, then by approximation. Infinity for equal shares.
 */
export const requiredTrials = (shares: TwoShares, alpha: number, power: number, step = 1): number => {
  if (shares.a === shares.b) return Number.POSITIVE_INFINITY
  const guess = approximateTrials(shares, alpha, power)
  const up = (trials: number): number => Math.max(1, Math.ceil(trials / step)) * step
  if (guess > MOST_EXACT) return Math.min(MOST_TRIALS, up(guess))
  const found = (trials: number): boolean => fisherPower(shares, trials, trials, alpha) >= power
  let trials = up(guess)
  while (trials > step && found(trials - step)) trials -= step
  while (!found(trials) && trials <= 2 * MOST_EXACT) trials += step
  return trials
}

/**
 * The smallest difference from the share `from` that `trials` in each group find with chance `power`, upwards, to 0.1 %;
 * `null` when not even 1 is found.
 */
export const detectableDifference = (
  from: number,
  trials: number,
  alpha: number,
  power: number,
): number | null => {
  const found = (share: number): boolean =>
    trials > MOST_EXACT
      ? approximateTrials({ a: from, b: share }, alpha, power) <= trials
      : fisherPower({ a: from, b: share }, trials, trials, alpha) >= power
  if (trials < 1 || !found(1)) return null
  let low = from
  let high = 1
  while (high - low > 0.0005) {
    const middle = (low + high) / 2
    if (found(middle)) high = middle
    else low = middle
  }
  return Math.ceil((high - from) * 1000 - 1e-6) / 1000
}

/** Trials after which none failed that leave a share of `share` or more improbable: (1 − share)^n ≤ 1 − confidence. */
export const trialsToExclude = (share: number, confidence = 0.95): number =>
  share >= 1
    ? 1
    : share <= 0
      ? Number.POSITIVE_INFINITY
      : Math.ceil(Math.log1p(-confidence) / Math.log1p(-share) - 1e-9)
