import type { ComparisonInput, Drift, PairComparison, SettingVerdict } from '../../model/comparison.ts'
import type { MeasuredVariant } from './measured-variant.ts'

export interface Noted {
  readonly input: ComparisonInput
  readonly variants: readonly MeasuredVariant[]
  readonly pairs: readonly PairComparison[]
  readonly settings: readonly SettingVerdict[]
  readonly drift: Drift | null
  readonly designEffect: number
  /** It could not be computed and was taken as 1. */
  readonly clusteringUnknown: boolean
}

const many = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`

/** What to know before believing a comparison, most important first. Empty when there is nothing. */
export const notesOf = (noted: Noted): string[] => {
  const { input, variants, pairs, settings, drift, designEffect, clusteringUnknown } = noted
  const blocks = variants.flatMap((variant) =>
    variant.blocks.map((block) => ({ ...block, variant: variant.variant })),
  )
  const notes: string[] = []
  if (!variants.some(({ variant }) => variant === input.control)) {
    notes.push(`The control "${input.control}" was not measured: nothing is compared with it.`)
  }
  if (!input.interleaved) {
    notes.push(
      'The variants did not take turns: what changed between the runs beside the variant is part of every difference.',
    )
  }
  if (drift?.seen === true) notes.push(drift.sentence)
  const broken = blocks.flatMap(({ report, variant, block }) => {
    const gates = report.reasons
      .filter(({ id, holds }) => /^H\d+$/.test(id) && holds !== true)
      .map(({ id }) => id)
    return report.verdict === 'inconclusive'
      ? [`${variant} in round ${block} (${gates.join(', ') || 'did not come to its end'})`]
      : []
  })
  if (broken.length > 0) {
    notes.push(
      `${many(broken.length, 'run')} of ${blocks.length} ${broken.length === 1 ? 'is' : 'are'} inconclusive and counted all the same: ${broken.join('; ')}.`,
    )
  }
  const empty = blocks.filter(({ measured }) =>
    measured.restarts.every(({ terminations }) => terminations.length === 0),
  )
  if (empty.length > 0) {
    notes.push(
      `No pod termination was seen in ${empty.map(({ report }) => report.runId).join(', ')}: nothing could be counted.`,
    )
  }
  for (const { variant, reference } of pairs.filter(({ blocks: shared }) => shared === 0)) {
    notes.push(`${variant} and ${reference} have no round in common: not compared.`)
  }
  const missing = variants.filter(
    ({ blocks: own }) =>
      new Set(own.map(({ block }) => block)).size < new Set(blocks.map(({ block }) => block)).size,
  )
  if (missing.length > 0) {
    notes.push(
      `${missing.map(({ variant }) => variant).join(', ')} ${missing.length === 1 ? 'was' : 'were'} not measured in every round; only rounds with both sides enter a difference.`,
    )
  }
  if (designEffect > 1.005) {
    notes.push(
      `Terminations of one restart or run are alike here: every difference in failures counts as if there were ${designEffect.toFixed(2)} times fewer of them.`,
    )
  }
  if (clusteringUnknown) {
    notes.push(
      'Whether terminations of one restart are alike could not be measured with so few restarts; they were taken as independent.',
    )
  }
  const partial = blocks.filter(({ measured }) => measured.partial)
  if (partial.length > 0) {
    notes.push(
      `${partial.map(({ report }) => report.runId).join(', ')}: the report lists the first 10,000 failures only; the others were taken to be like those of their restart.`,
    )
  }
  const harness = blocks.reduce((sum, { measured }) => sum + measured.harness, 0)
  const outside = blocks.reduce((sum, { measured }) => sum + measured.outsideRollouts, 0)
  if (harness > 0)
    notes.push(
      `${many(harness, 'failure')} of the harness itself ${harness === 1 ? 'is' : 'are'} not counted.`,
    )
  if (outside > 0)
    notes.push(
      `${many(outside, 'failure')} outside every restart ${outside === 1 ? 'is' : 'are'} not counted.`,
    )
  if (settings.filter(({ words }) => words.includes('redundant')).length > 1) {
    notes.push(
      'Redundant settings were left out one at a time: this says nothing of leaving out two of them.',
    )
  }
  return notes
}
