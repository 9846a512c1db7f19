import { hypergeometricMasses } from './binomial.ts'

/** Sums of chances that should be equal may differ in their last digits. */
const TIE = 1e-9

/**
 * Two-sided p of Fisher's exact test that two shares are equal: the chance, with the hits dealt out at random, of a difference
 * of shares at least as large. For equal numbers of trials this is the same as summing what is no more likely. It is what a
 * permutation test of the share converges to, without strata.
 */
export const fisherExact = (hitA: number, trialsA: number, hitB: number, trialsB: number): number =>
  fisherTable(trialsA, trialsB, hitA + hitB)(hitA)

/** The test for one number of hits in all: p by the hits of the first group. */
export const fisherTable = (trialsA: number, trialsB: number, hits: number): ((hitA: number) => number) => {
  const { from, masses } = hypergeometricMasses(trialsA, trialsB, hits)
  const distance = (i: number): number => Math.abs((from + i) / trialsA - (hits - from - i) / trialsB)
  const ps = masses.map(() => 1)
  // The difference grows with the hits of the first group: the farthest tables are at the two ends.
  let low = 0
  let high = masses.length - 1
  let sum = 0
  while (low <= high) {
    const farthest = Math.max(distance(low), distance(high)) - TIE
    const isLow = distance(low) >= farthest
    const isHigh = high > low && distance(high) >= farthest
    sum += (isLow ? (masses[low] ?? 0) : 0) + (isHigh ? (masses[high] ?? 0) : 0)
    if (isLow) ps[low++] = Math.min(1, sum)
    if (isHigh) ps[high--] = Math.min(1, sum)
  }
  return (hitA) => ps[hitA - from] ?? 1
}
