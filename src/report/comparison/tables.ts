import type {
  Comparison,
  ComparisonWord,
  Difference,
  Estimate,
  PairComparison,
  SettingVerdict,
  VariantSummary,
} from '../../model/comparison.ts'
import { boundText, countText, durationText, latencyText, percentText, UNKNOWN } from '../format.ts'
import { type Cell, cell, column, type ReportTable, type Tone } from '../table.ts'

export const wordTone = (word: ComparisonWord): Tone =>
  word === 'better' ? 'good' : word === 'worse' ? 'bad' : word === 'no difference shown' ? 'quiet' : 'warn'

const wordCell = (word: ComparisonWord): Cell => cell(word, wordTone(word))

const plain = (value: number, digits = 1): string => {
  const [whole = '', rest] = Math.abs(value).toFixed(digits).split('.')
  const fraction = (rest ?? '').replace(/0+$/, '')
  const sign = value < 0 && Number(value.toFixed(digits)) !== 0 ? '-' : ''
  return `${sign}${countText(Number(whole))}${fraction === '' ? '' : `.${fraction}`}`
}

/** A mean with its interval: `3.2 (1.1 to 6)`. */
const estimateText = (estimate: Estimate | null, show: (value: number) => string): string => {
  if (estimate === null) return UNKNOWN
  const { mean, interval } = estimate
  return interval === null
    ? show(mean)
    : `${show(mean)} (${show(Math.max(0, interval.low))} to ${show(interval.high)})`
}

const msText = (ms: number): string => latencyText(ms * 1000)

const droppingText = ({ dropping }: VariantSummary): Cell => {
  if (dropping === null) return cell('no termination seen', 'warn')
  const { hit, trials, interval, zeroBound } = dropping
  return zeroBound === null
    ? cell(`${hit} of ${trials} (${percentText(interval.low)} to ${percentText(interval.high)})`, 'bad')
    : cell(`0 of ${trials} (≤ ${boundText(zeroBound)})`, 'good')
}

const roleText = ({ variant, role }: VariantSummary): string =>
  role === 'control' ? `${variant} (control)` : role === 'base' ? `${variant} (base)` : variant

export const pairWith = (comparison: Comparison, variant: string, reference: string): PairComparison | null =>
  comparison.pairs.find((pair) => pair.variant === variant && pair.reference === reference) ?? null

/**
 * One row for each variant: what was measured, and the word against the control. Where there is little room, only failures per
 * termination have their interval.
 */
export const matrixTable = (comparison: Comparison, room: 'plenty' | 'little'): ReportTable => ({
  id: 'variants',
  title: 'Variants',
  columns: [
    column('Variant', 12),
    column('Against the control', 12),
    column('Terminations that dropped something', 12),
    column('Failures per restart', 8, 2),
    column('per termination', 8, 3),
    column('Outage per restart', 8, 3),
    column('Rollout', 8, 1),
    column('p50', 6, 5),
    column('p99', 6, 4),
    column('Fewest ready', 6, 4),
    column('Blocks', 6, 6, 'right'),
    column('Restarts', 6, 5, 'right'),
  ],
  rows: comparison.variants.map((variant) => {
    const pair = pairWith(comparison, variant.variant, comparison.control)
    const shown = (estimate: Estimate | null, show: (value: number) => string): string =>
      estimateText(estimate === null || room === 'plenty' ? estimate : { ...estimate, interval: null }, show)
    return [
      cell(roleText(variant)),
      pair === null ? cell(UNKNOWN) : wordCell(pair.word),
      droppingText(variant),
      cell(shown(variant.failuresPerRestart, plain)),
      cell(estimateText(variant.failuresPerTermination, (value) => plain(value, 2))),
      cell(shown(variant.outageMs, (ms) => durationText(ms))),
      cell(shown(variant.rolloutMs, (ms) => durationText(ms))),
      cell(shown(variant.p50Ms, msText)),
      cell(shown(variant.p99Ms, msText)),
      cell(
        variant.capacity === null ? UNKNOWN : `${variant.capacity.fewest} of ${variant.capacity.replicas}`,
      ),
      cell(countText(variant.blocks.length)),
      cell(countText(variant.restarts)),
    ]
  }),
  notes: [
    'Means with 95 % intervals, over pod terminations or restarts, never over requests. ≤ is the upper 95 % bound of a zero: 3 / terminations. Latency is of good answers during rollouts.',
  ],
})

const METRICS: Readonly<
  Record<Difference['metric'], { readonly label: string; show(value: number): string }>
> = {
  failures: { label: 'failures per termination', show: (value) => plain(value, 2) },
  outageMs: { label: 'outage per restart', show: durationText },
  rolloutMs: { label: 'rollout', show: durationText },
  p50Ms: { label: 'p50 during rollouts', show: (ms) => `${plain(ms, 1)} ms` },
  p99Ms: { label: 'p99 during rollouts', show: (ms) => `${plain(ms, 1)} ms` },
  dip: { label: 'endpoints missing', show: (value) => plain(value, 2) },
}

export const metricLabel = (metric: Difference['metric']): string => METRICS[metric].label
export const metricText = (metric: Difference['metric'], value: number): string => METRICS[metric].show(value)

const pText = (p: number | null): string => (p === null ? UNKNOWN : p < 0.001 ? '< 0.001' : p.toFixed(3))

const differenceRow = (pair: PairComparison, difference: Difference): readonly Cell[] => {
  const { show, label } = METRICS[difference.metric]
  const { interval } = difference
  return [
    cell(`${pair.variant} − ${pair.reference}`),
    ...(difference.metric === 'failures' ? [] : [cell(label)]),
    wordCell(difference.word),
    cell(difference.difference === null ? UNKNOWN : show(difference.difference)),
    cell(interval === null ? UNKNOWN : `${show(interval.low)} to ${show(interval.high)}`),
    cell(pText(difference.p)),
    cell(pText(difference.adjustedP)),
    cell(`${difference.n.variant} / ${difference.n.reference}`),
  ]
}

/** Every difference with its interval: one row for each pair and metric. */
export const differencesTable = (comparison: Comparison, metrics: 'failures' | 'others'): ReportTable => ({
  id: metrics === 'failures' ? 'differences' : 'other-differences',
  title:
    metrics === 'failures'
      ? 'Differences in failures per pod termination'
      : 'Differences in outage, duration, latency and capacity',
  columns: [
    column('Pair', 14),
    ...(metrics === 'failures' ? [] : [column('Metric', 10)]),
    column('Word', 12),
    column('Difference', 6, 0, 'right'),
    column('95 %', 10, 2, 'right'),
    column('p', 6, 4, 'right'),
    column('p after Holm', 6, 1, 'right'),
    column('n', 6, 3, 'right'),
  ],
  rows: comparison.pairs.flatMap((pair) =>
    pair.differences
      .filter(({ metric }) => (metric === 'failures') === (metrics === 'failures'))
      .map((difference) => differenceRow(pair, difference)),
  ),
  notes:
    metrics === 'failures'
      ? [
          `Variant minus reference: below 0 is better. Permutation tests within rounds, over pod terminations; Holm holds the chance of any false word at ${percentText(comparison.options.alpha)}. Intervals are 95 % each, by bootstrap, and not adjusted. A word can rest on how often a termination drops something, where the mean is uncertain.`,
          `"More restarts needed" are of each variant, to find a difference of ${percentText(comparison.options.targetEffect)} of the terminations with ${percentText(comparison.options.power)} power.`,
        ]
      : ['n: restarts. These metrics are one family of their own for Holm.'],
})

const SETTING_TONES: Readonly<Record<SettingVerdict['words'][number], Tone>> = {
  essential: 'bad',
  sufficient: 'good',
  redundant: 'quiet',
  undecided: 'warn',
}

const capitalised = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

/** What each setting of an ablation is; `null` without one. */
export const settingsTable = ({ settings, options }: Comparison): ReportTable | null =>
  settings.length === 0
    ? null
    : {
        id: 'settings',
        title: 'Settings',
        columns: [column('Setting', 10), column('Is', 10), column('Because', 30)],
        rows: settings.map(({ setting, words, because }) => [
          cell(setting),
          cell(words.join(', '), SETTING_TONES[words[0] ?? 'undecided']),
          cell(because.map(capitalised).join('. ')),
        ]),
        notes: [
          `essential: without it more is dropped. redundant: without it, and sufficient: with it alone, the share of terminations that drop something is larger by less than ${percentText(options.margin)} (one-sided 95 %). undecided: neither was shown.`,
        ],
      }

/** One row for each run, in the order in which they were measured. */
export const blocksTable = (comparison: Comparison): ReportTable => ({
  id: 'blocks',
  title: 'Runs in their order',
  columns: [
    column('Order', 4, 0, 'right'),
    column('Round', 4, 3, 'right'),
    column('Variant', 12),
    column('Run', 10, 4),
    column('Verdict', 8, 2),
    column('Terminations that dropped', 6, 0, 'right'),
    column('Failures', 6, 0, 'right'),
    column('Restarts', 6, 3, 'right'),
    column('Started', 10, 5),
  ],
  rows: comparison.variants
    .flatMap(({ variant, blocks }) => blocks.map((block) => ({ variant, block })))
    .sort((a, b) => a.block.order - b.block.order)
    .map(({ variant, block }) => [
      cell(countText(block.order)),
      cell(countText(block.block)),
      cell(variant),
      cell(block.runId),
      cell(block.verdict, block.verdict === 'failed' ? 'bad' : block.verdict === 'passed' ? 'good' : 'warn'),
      cell(`${block.hit} of ${block.terminations}`, block.hit > 0 ? 'bad' : undefined),
      cell(countText(block.failed), block.failed > 0 ? 'bad' : undefined),
      cell(countText(block.restarts)),
      cell(block.startedAt),
    ]),
  notes: [],
})
