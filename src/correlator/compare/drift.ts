import type { Random } from '../../kernel/random.ts'
import type { ComparedMetric, Drift } from '../../model/comparison.ts'
import { holm } from '../statistics/holm.ts'
import { meanOf } from '../statistics/strata.ts'
import { numberText, pText } from './difference.ts'
import type { MeasuredVariant } from './measured-variant.ts'
import { restartValues } from './metrics.ts'

const CHECKED: readonly { readonly metric: ComparedMetric; readonly name: string }[] = [
  { metric: 'failures', name: 'failures per restart' },
  { metric: 'rolloutMs', name: 'ms per rollout' },
  { metric: 'p99Ms', name: 'ms p99 latency' },
]

/** With fewer restarts no order is rare enough to tell of anything. */
const FEWEST = 4
const TIE = 1e-9

/**
 * Chance of a trend as strong as that of `values` if their order meant nothing: permutation of the sum of value × position,
 * two-sided. `null` with fewer than four values; 1 when all are equal.
 */
export const trendP = (values: readonly number[], random: Random, rounds: number): number | null => {
  if (values.length < FEWEST) return null
  const centre = (values.length - 1) / 2
  const mean = meanOf(values) ?? 0
  const trend = (order: readonly number[]): number =>
    Math.abs(order.reduce((sum, value, i) => sum + (value - mean) * (i - centre), 0))
  const observed = trend(values)
  const shuffled = [...values]
  let asStrong = 0
  for (let round = 0; round < rounds; round++) {
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = random.below(i + 1)
      const kept = shuffled[i] ?? 0
      shuffled[i] = shuffled[j] ?? 0
      shuffled[j] = kept
    }
    if (trend(shuffled) >= observed - TIE) asStrong++
  }
  return (1 + asStrong) / (1 + rounds)
}

/**
 * Whether the control, measured in every round, became better or worse in the course of the study. Its restarts in their
 * order, tested for a trend; the metrics together at `alpha` (Holm).
 */
export const driftOf = (control: MeasuredVariant, random: Random, alpha: number, rounds: number): Drift => {
  const name = control.variant
  const tested = CHECKED.map(({ metric, name: label }) => {
    const values = restartValues(control, metric)
    const half = Math.floor(values.length / 2)
    return {
      metric,
      label,
      restarts: values.length,
      first: meanOf(values.slice(0, half)),
      second: meanOf(values.slice(values.length - half)),
      p: control.blocks.length < 2 ? null : trendP(values, random.fork(metric), rounds),
    }
  })
  const adjusted = holm(tested.map(({ p }) => p))
  const moved = tested.filter((_, i) => (adjusted[i] ?? 1) <= alpha)
  const checked = tested.filter(({ p }) => p !== null)
  const seen = checked.length === 0 ? null : moved.length > 0
  const sentence =
    seen === null
      ? `Drift could not be checked: ${name} was measured in ${control.blocks.length === 1 ? 'one block' : `${control.blocks.length} blocks`} with fewer than ${FEWEST} restarts in all, or in one only.`
      : seen
        ? `${name} changed in the course of the study: ${moved
            .map(
              ({ label, first, second }) =>
                `${numberText(first ?? 0, 1)} ${label} in the first half, ${numberText(second ?? 0, 1)} in the second`,
            )
            .join('; ')}. Differences within a round still hold; totals over all rounds do not.`
        : `${name} did not change in the course of the study, as far as ${checked[0]?.restarts ?? 0} restarts can show: ${checked
            .map(({ label, p }) => `${label} p ${pText(p ?? 1)}`)
            .join(', ')}.`
  return {
    variant: name,
    checks: tested.map(({ metric, restarts, first, second, p }) => ({ metric, restarts, first, second, p })),
    seen,
    sentence,
  }
}
