import type { Random } from '../../kernel/random.ts'
import { COMPARED_METRICS, type ComparisonOptions, type PairComparison } from '../../model/comparison.ts'
import { holm } from '../statistics/holm.ts'
import { newcombe } from '../statistics/newcombe.ts'
import { normalQuantile } from '../statistics/normal.ts'
import { commonDifference } from '../statistics/strata.ts'
import { concluded, type Tested, testDifference } from './difference.ts'
import type { MeasuredVariant } from './measured-variant.ts'
import { terminationsNeeded } from './needed.ts'

export interface PairOptions {
  readonly options: ComparisonOptions
  readonly random: Random
  readonly designEffect: number
}

interface Pair {
  readonly variant: MeasuredVariant
  readonly reference: MeasuredVariant
  readonly tested: readonly Tested[]
}

/** Each variant with the control, then with the base. */
const pairsOf = (
  variants: readonly MeasuredVariant[],
): { readonly variant: MeasuredVariant; readonly reference: MeasuredVariant }[] => {
  const control = variants.find(({ role }) => role === 'control')
  const base = variants.find(({ role }) => role === 'base')
  return [control, base].flatMap((reference) =>
    reference === undefined
      ? []
      : variants
          .filter((variant) => variant !== reference && variant !== control)
          .map((variant) => ({ variant, reference })),
  )
}

/** Share of terminations that dropped something: difference, interval, and how much worse it can be at most. */
const shareOf = ({ tested }: Pair, designEffect: number): PairComparison['share'] => {
  const strata = tested.find(({ metric }) => metric === 'failures')?.strata ?? []
  const side = (values: readonly number[]) => ({
    hit: values.filter((value) => value > 0).length / designEffect,
    trials: values.length / designEffect,
  })
  const a = side(strata.flatMap((stratum) => stratum.a))
  const b = side(strata.flatMap((stratum) => stratum.b))
  const interval = newcombe(a, b)
  const upper = newcombe(a, b, normalQuantile(0.95))
  const hits = strata.map((stratum) => ({
    a: stratum.a.map((value) => Number(value > 0)),
    b: stratum.b.map((value) => Number(value > 0)),
  }))
  const difference = commonDifference(hits)
  return interval === null || upper === null || difference === null
    ? null
    : { difference, interval, upper: upper.high }
}

/**
 * All comparisons with their words. Holm's adjustment runs over the pairs of the metric `failures`, the question that was
 * asked; the other metrics are one further family, over all their pairs.
 */
export const comparePairs = (
  variants: readonly MeasuredVariant[],
  { options, random, designEffect }: PairOptions,
): PairComparison[] => {
  const pairs: Pair[] = pairsOf(variants).map(({ variant, reference }) => ({
    variant,
    reference,
    tested: COMPARED_METRICS.map((metric) =>
      testDifference(variant, reference, metric, {
        options,
        random: random.fork(`${variant.variant}/${reference.variant}/${metric}`),
        designEffect,
      }),
    ).filter(({ metric, strata }) => metric === 'failures' || strata.length > 0),
  }))
  const flat = pairs.flatMap(({ tested }) => tested)
  const isMain = ({ metric }: Tested): boolean => metric === 'failures'
  const main = holm(flat.map((tested) => (isMain(tested) ? tested.p : null)))
  const others = holm(flat.map((tested) => (isMain(tested) ? null : tested.p)))
  const adjusted = new Map(flat.map((tested, i) => [tested, main[i] ?? others[i] ?? null]))
  const size = (mainFamily: boolean): number =>
    flat.filter((tested) => isMain(tested) === mainFamily && tested.p !== null).length
  const remembered = new Map<string, number>()
  const needed = (from: number, perRestart: number, alpha: number): number => {
    const key = `${from} ${perRestart} ${alpha}`
    const trials = remembered.get(key) ?? terminationsNeeded(from, perRestart, alpha, designEffect, options)
    remembered.set(key, trials)
    return trials
  }
  return pairs.map((pair) => {
    const differences = pair.tested.map((tested) =>
      concluded(tested, adjusted.get(tested) ?? null, {
        variant: pair.variant,
        reference: pair.reference,
        options,
        needed,
        tests: size(isMain(tested)),
      }),
    )
    const failures = differences.find(({ metric }) => metric === 'failures')
    return {
      variant: pair.variant.variant,
      reference: pair.reference.variant,
      blocks: pair.tested[0]?.strata.length ?? 0,
      word: failures?.word ?? 'no difference shown',
      because: failures?.because ?? '',
      share: shareOf(pair, designEffect),
      differences,
    }
  })
}
