import { redactData } from '../../kernel/redact.ts'
import type { Comparison } from '../../model/comparison.ts'
import type { ReportTable } from '../table.ts'
import { blocksTable, differencesTable, matrixTable, settingsTable } from './tables.ts'

/** What every report of a comparison shows, in their order. */
export interface ComparisonView {
  readonly comparison: Comparison
  /** What was compared. */
  readonly title: string
  /** The answer, a sentence each. */
  readonly answer: readonly string[]
  readonly tables: readonly ReportTable[]
  /** What to know before believing it. */
  readonly notes: readonly string[]
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`

const settingSentences = ({ settings }: Comparison): string[] =>
  (['essential', 'sufficient', 'redundant', 'undecided'] as const).flatMap((word) => {
    const names = settings.filter(({ words }) => words.includes(word)).map(({ setting }) => setting)
    return names.length === 0 ? [] : [`${word.charAt(0).toUpperCase()}${word.slice(1)}: ${listed(names)}.`]
  })

/** What is open about a variant is no news where the setting that it was measured for is decided. */
const decidedVariants = ({ settings }: Comparison): ReadonlySet<string> =>
  new Set(
    settings
      .filter(({ words }) => !words.includes('undecided'))
      .flatMap(({ setting }) => [`all but ${setting}`, `only ${setting}`]),
  )

const pairSentences = (comparison: Comparison): string[] => {
  const { pairs, control } = comparison
  const decided = decidedVariants(comparison)
  const own = pairs.filter(({ reference }) => reference === control)
  const named = (test: (word: string) => boolean): string[] =>
    own.filter(({ word }) => test(word)).map(({ variant }) => variant)
  const say = (names: readonly string[], text: string): string[] =>
    names.length === 0 ? [] : [`${text}: ${listed(names)}.`]
  return [
    ...say(
      named((word) => word === 'better'),
      `Better than ${control}`,
    ),
    ...say(
      named((word) => word === 'worse'),
      `Worse than ${control}`,
    ),
    ...say(
      named((word) => word === 'no difference shown'),
      `No difference from ${control} shown`,
    ),
    ...own
      .filter(({ word, variant }) => word.startsWith('not enough data') && !decided.has(variant))
      .map(({ variant, word }) => `${variant}: ${word}.`),
  ]
}

/** Secrets are taken out here, once for all reports. */
export const comparisonView = (
  raw: Comparison,
  title: string,
  room: 'plenty' | 'little' = 'plenty',
): ComparisonView => {
  const comparison = redactData(raw)
  const settings = settingsTable(comparison)
  const answer = [...settingSentences(comparison), ...pairSentences(comparison)]
  const { drift } = comparison
  return {
    comparison,
    title,
    answer: answer.length === 0 ? ['Nothing could be compared.'] : answer,
    tables: [
      ...(settings === null ? [] : [settings]),
      matrixTable(comparison, room),
      differencesTable(comparison, 'failures'),
      differencesTable(comparison, 'others'),
      blocksTable(comparison),
    ],
    notes: [
      ...comparison.notes,
      ...(drift === null || drift.seen === true || !comparison.interleaved ? [] : [drift.sentence]),
    ],
  }
}
