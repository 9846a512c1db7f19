/**
 * Holm's step-down adjustment (Holm 1979): p values in, adjusted ones out, in the same order; `null` stays `null` and does not
 * count. Calling a difference shown where its adjusted p is at most α keeps the chance of any false one at α, whatever the
 * tests have to do with each other: they share a control here, which rules out procedures that need independence.
 */
export const holm = (ps: readonly (number | null)[]): (number | null)[] => {
  const order = ps.flatMap((p, index) => (p === null ? [] : [{ p, index }])).sort((a, b) => a.p - b.p)
  const adjusted: (number | null)[] = ps.map(() => null)
  let most = 0
  order.forEach(({ p, index }, rank) => {
    most = Math.max(most, Math.min(1, p * (order.length - rank)))
    adjusted[index] = most
  })
  return adjusted
}
