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
  const distances = masses.map((_, i) => Math.abs((from + i) / trialsA - (hits - from - i) / trialsB))
  const order = distances.map((_, i) => i).sort((a, b) => (distances[b] ?? 0) - (distances[a] ?? 0))
  const ps = masses.map(() => 1)
  let sum = 0
  let at = 0
  while (at < order.length) {
    const distance = distances[order[at] ?? 0] ?? 0
    let end = at
    while (end < order.length && (distances[order[end] ?? 0] ?? 0) >= distance - TIE) {
      sum += masses[order[end] ?? 0] ?? 0
      end++
    }
    for (let i = at; i < end; i++) ps[order[i] ?? 0] = Math.min(1, sum)
    at = end
  }
  return (hitA) => ps[hitA - from] ?? 1
}
