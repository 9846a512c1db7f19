import { seededRandom } from '../../kernel/random.ts'
import type { Comparison, ComparisonInput } from '../../model/comparison.ts'
import { SCHEMA_VERSION } from '../../model/events.ts'
import { type Cluster, designEffect } from '../statistics/clustering.ts'
import { driftOf } from './drift.ts'
import { type MeasuredVariant, measuredVariants } from './measured-variant.ts'
import { notesOf } from './notes.ts'
import { DEFAULT_OPTIONS } from './options.ts'
import { comparePairs } from './pairs.ts'
import { judgeSettings } from './settings.ts'
import { summaryOf } from './summary.ts'

/** Terminations of one restart, and of one run; what is heavy in the tail is taken by its logarithm. */
const clustersOf = (variants: readonly MeasuredVariant[], of: 'restart' | 'run'): Cluster[] =>
  variants.flatMap(({ variant, blocks }) =>
    blocks.flatMap(({ block, measured }) => {
      const values = measured.restarts.map(({ terminations }) =>
        terminations.map((count) => Math.log1p(count)),
      )
      const clusters = of === 'restart' ? values : [values.flat()]
      return clusters.map((cluster) => ({ group: variant, block, values: cluster }))
    }),
  )

/**
 * Compares measured variants. Pure, and the same for the same runs in any order; chance is seeded.
 *
 * Failures cluster, so the unit is the pod termination (for outage, durations and latency the restart), never the request.
 * Units change places within a round only, which takes out what all runs of the round had in common. Where terminations of one
 * restart or run are alike, distances shrink by √(design effect).
 */
export const compareRuns = (input: ComparisonInput): Comparison => {
  const options = { ...DEFAULT_OPTIONS, ...input.options }
  const wanted = input.base ?? (input.ablation === null ? null : input.ablation.all)
  const base = wanted === input.control ? null : wanted
  const random = seededRandom(input.seed).fork('comparison')
  const variants = measuredVariants(input.runs, input.control, base, input.names)
  const effects = [designEffect(clustersOf(variants, 'restart')), designEffect(clustersOf(variants, 'run'))]
  const effect = Math.max(1, ...effects.map((one) => one ?? 1))
  const summaries = variants.map((variant) =>
    summaryOf(variant, {
      rounds: options.rounds,
      random: random.fork(`summary/${variant.variant}`),
      designEffect: effect,
    }),
  )
  const pairs = comparePairs(variants, { options, random: random.fork('pairs'), designEffect: effect })
  const control = variants.find(({ variant }) => variant === input.control)
  const drift =
    control === undefined ? null : driftOf(control, random.fork('drift'), options.alpha, options.rounds)
  const settings =
    input.ablation === null
      ? []
      : judgeSettings({ ablation: input.ablation, pairs, variants: summaries, options })
  return {
    schemaVersion: SCHEMA_VERSION,
    control: input.control,
    base,
    interleaved: input.interleaved,
    seed: input.seed,
    options,
    designEffect: effect,
    variants: summaries,
    pairs,
    drift,
    settings,
    notes: [
      ...(input.notes ?? []),
      ...notesOf({
        input,
        variants,
        pairs,
        settings,
        drift,
        designEffect: effect,
        clusteringUnknown: effects.every((one) => one === null) && input.runs.length > 0,
      }),
    ],
  }
}
