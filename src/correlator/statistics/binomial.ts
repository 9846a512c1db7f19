const LOG_FACTORIALS: number[] = [0]

/** ln(n!) for whole n ≥ 0. */
export const logFactorial = (n: number): number => {
  for (let i = LOG_FACTORIALS.length; i <= n; i++)
    LOG_FACTORIALS.push((LOG_FACTORIALS[i - 1] ?? 0) + Math.log(i))
  return LOG_FACTORIALS[n] ?? 0
}

/** ln of "n choose k". */
export const logChoose = (n: number, k: number): number =>
  logFactorial(n) - logFactorial(k) - logFactorial(n - k)

/** P(X = k) for k = 0 … n, X binomial with `n` trials of probability `share`. */
export const binomialMasses = (n: number, share: number): number[] =>
  Array.from({ length: n + 1 }, (_, k) => {
    if (share <= 0) return k === 0 ? 1 : 0
    if (share >= 1) return k === n ? 1 : 0
    return Math.exp(logChoose(n, k) + k * Math.log(share) + (n - k) * Math.log1p(-share))
  })

/** Below this a double has lost digits. */
const LEAST_EXACT = 1e-290

/** P(X = x) for x = max(0, hits − second) … min(first, hits): how `hits` fall among `first` + `second` units by chance. */
export const hypergeometricMasses = (
  first: number,
  second: number,
  hits: number,
): { readonly from: number; readonly masses: readonly number[] } => {
  const from = Math.max(0, hits - second)
  const to = Math.min(first, hits)
  const all = logChoose(first + second, hits)
  const at = (x: number): number => Math.exp(logChoose(first, x) + logChoose(second, hits - x) - all)
  const masses = [at(from)]
  for (let x = from; x < to; x++) {
    const before = masses[x - from] ?? 0
    // P(x + 1) from P(x), but not from one that is too small to be exact.
    const ratio = ((first - x) * (hits - x)) / ((x + 1) * (second - hits + x + 1))
    masses.push(before > LEAST_EXACT ? before * ratio : at(x + 1))
  }
  return { from, masses }
}
