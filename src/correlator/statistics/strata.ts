/** What was measured of two variants under the same conditions, one entry for each unit. */
export interface Stratum<T = number> {
  readonly a: readonly T[]
  readonly b: readonly T[]
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Arithmetic mean; `null` for no values. */
export const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : sum(values) / values.length

/** Sum of squared distances from the mean. */
export const squaresOf = (values: readonly number[]): number => {
  const mean = meanOf(values) ?? 0
  return sum(values.map((value) => (value - mean) ** 2))
}

/** Weight of a stratum in a common difference: n·m/(n+m), as Mantel and Haenszel (1959) weigh. 0 when one side is missing. */
export const weightOf = ({ a, b }: Stratum<unknown>): number =>
  a.length === 0 || b.length === 0 ? 0 : (a.length * b.length) / (a.length + b.length)

/** Mean of a − mean of b, averaged over the strata that have both; `null` when none has. */
export const commonDifference = (strata: readonly Stratum[]): number | null => {
  let total = 0
  let weights = 0
  for (const stratum of strata) {
    const weight = weightOf(stratum)
    total += weight * ((meanOf(stratum.a) ?? 0) - (meanOf(stratum.b) ?? 0))
    weights += weight
  }
  return weights === 0 ? null : total / weights
}
