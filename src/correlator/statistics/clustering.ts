import { meanOf, squaresOf } from './strata.ts'

/** Units that belong together: those of one restart, or of one run. */
export interface Cluster {
  readonly group: string
  readonly block: number
  readonly values: readonly number[]
}

/** Values by how they differ from their group, in its standard deviations; groups in which nothing varies are left out. */
const standardised = (clusters: readonly Cluster[]): Cluster[] =>
  [...Map.groupBy(clusters, ({ group }) => group).values()].flatMap((members) => {
    const all = members.flatMap(({ values }) => values)
    const mean = meanOf(all) ?? 0
    const deviation = all.length < 2 ? 0 : Math.sqrt(squaresOf(all) / (all.length - 1))
    if (deviation === 0) return []
    return members.map((member) => ({
      ...member,
      values: member.values.map((value) => (value - mean) / deviation),
    }))
  })

/**
 * Design effect, 1 + (m − 1)·ICC (Kish 1965): by how much the variance of a mean is larger than if units were independent,
 * because those of one cluster are alike. The intraclass correlation ICC comes from the analysis of variance (Donner and Klar
 * 2000, ch. 6), after what groups and blocks have in common is taken out; a negative one counts as 0. `null` when there are
 * too few clusters to tell.
 */
export const designEffect = (clusters: readonly Cluster[]): number | null => {
  const scaled = standardised(clusters.filter(({ values }) => values.length > 0))
  const byBlock = Map.groupBy(scaled, ({ block }) => block)
  const groups = new Set(scaled.map(({ group }) => group)).size
  const between = scaled.length - byBlock.size - groups + 1
  const units = scaled.reduce((sum, { values }) => sum + values.length, 0)
  const within = units - scaled.length
  if (between < 1 || within < 1) return null
  let betweenSquares = 0
  for (const members of byBlock.values()) {
    const common = meanOf(members.flatMap(({ values }) => values)) ?? 0
    for (const { values } of members) betweenSquares += values.length * ((meanOf(values) ?? 0) - common) ** 2
  }
  const withinSquares = scaled.reduce((sum, { values }) => sum + squaresOf(values), 0)
  const meanBetween = betweenSquares / between
  const meanWithin = withinSquares / within
  const size =
    (units - scaled.reduce((sum, { values }) => sum + values.length ** 2, 0) / units) / (scaled.length - 1)
  const correlation = (meanBetween - meanWithin) / (meanBetween + (size - 1) * meanWithin)
  if (!Number.isFinite(correlation)) return meanBetween > 0 ? size : 1
  return 1 + (size - 1) * Math.min(1, Math.max(0, correlation))
}
