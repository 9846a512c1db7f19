import type {
  Ablation,
  ComparisonOptions,
  ComparisonWord,
  PairComparison,
  SettingVerdict,
  SettingWord,
  VariantSummary,
} from '../../model/comparison.ts'
import { numberText, pText } from './difference.ts'

export interface SettingsInput {
  readonly ablation: Ablation
  readonly pairs: readonly PairComparison[]
  readonly variants: readonly VariantSummary[]
  readonly options: ComparisonOptions
}

interface Found {
  readonly word: SettingWord | null
  readonly because: string
}

const percent = (share: number): string => `${numberText(share * 100, 1)} %`

const hitsText = (name: string, { variants }: SettingsInput): string => {
  const dropping = variants.find(({ variant }) => variant === name)?.dropping ?? null
  if (dropping === null) return `"${name}" has no pod termination`
  const bound = dropping.zeroBound === null ? '' : ` (at most ${percent(dropping.zeroBound)} of them, 95 %)`
  return `"${name}" dropped something in ${dropping.hit} of ${dropping.trials} pod terminations${bound}`
}

const pairOf = (variant: string | null, { pairs, ablation }: SettingsInput): PairComparison | null =>
  variant === null
    ? null
    : (pairs.find((pair) => pair.variant === variant && pair.reference === ablation.all) ?? null)

const adjustedPOf = (pair: PairComparison): string => {
  const failures = pair.differences.find(({ metric }) => metric === 'failures')
  const p = failures?.adjustedP ?? null
  return p === null ? '' : `, p ${pText(p)}`
}

/** "as good as": not worse by the margin or more, by the one-sided 95 % bound. */
const isAsGood = (pair: PairComparison, { options }: SettingsInput): boolean =>
  pair.word !== 'worse' && pair.share !== null && pair.share.upper < options.margin

const boundText = (pair: PairComparison, { options }: SettingsInput): string =>
  pair.share === null
    ? 'no bound can be given'
    : `its share of dropping terminations is larger by at most ${percent(Math.max(0, pair.share.upper))} (one-sided 95 %; margin ${percent(options.margin)})`

/** The word of "none" against "all", whichever of the two the other was compared with. */
const noneAgainstAll = (input: SettingsInput): ComparisonWord | null => {
  const { none, all } = input.ablation
  const word = pairOf(none, input)?.word
  if (word !== undefined) return word
  const mirrored = input.pairs.find((pair) => pair.variant === all && pair.reference === none)?.word ?? null
  return mirrored === 'better' ? 'worse' : mirrored === 'worse' ? 'better' : mirrored
}

const necessity = (setting: Ablation['settings'][number], input: SettingsInput): Found => {
  const pair = pairOf(setting.allBut, input)
  if (pair === null) return { word: null, because: `"all but ${setting.name}" was not measured` }
  const hits = `${hitsText(pair.variant, input)}; ${hitsText(input.ablation.all, input)}`
  if (pair.word === 'worse') {
    return { word: 'essential', because: `without it more is dropped: ${hits}${adjustedPOf(pair)}` }
  }
  if (isAsGood(pair, input)) {
    return { word: 'redundant', because: `without it no more is dropped: ${hits}; ${boundText(pair, input)}` }
  }
  return {
    word: null,
    because: `whether it can be left out is open (${pair.word}): ${hits}; ${boundText(pair, input)}`,
  }
}

const sufficiency = (setting: Ablation['settings'][number], input: SettingsInput): Found => {
  const { ablation } = input
  const pair = pairOf(setting.only, input)
  if (pair === null) return { word: null, because: `"only ${setting.name}" was not measured` }
  const hits = `${hitsText(pair.variant, input)}; ${hitsText(ablation.all, input)}`
  if (pair.word === 'worse')
    return { word: null, because: `alone it is not enough: ${hits}${adjustedPOf(pair)}` }
  if (!isAsGood(pair, input)) {
    return {
      word: null,
      because: `whether it is enough alone is open (${pair.word}): ${hits}; ${boundText(pair, input)}`,
    }
  }
  const none = noneAgainstAll(input)
  if (none !== 'worse') {
    const why =
      none === null
        ? 'a run without any setting was not measured'
        : `without any setting no more is shown to be dropped (${none})`
    return {
      word: null,
      because: `alone it is as good as all, but that does not show that it does anything: ${why}`,
    }
  }
  return { word: 'sufficient', because: `alone it is as good as all: ${hits}; ${boundText(pair, input)}` }
}

/**
 * What each setting of an ablation is, with "all" as the reference:
 *
 * - **essential**: "all but it" is `worse` than "all" (failures, α after Holm);
 * - **redundant**: "all but it" is not `worse`, and the one-sided 95 % upper bound of (its share of pod terminations that
 *   dropped something − that of "all") is below `margin`;
 * - **sufficient**: the same holds for "only it", and "none" is `worse` than "all": there was something to cure;
 * - **undecided**: none of these; the evidence says what is missing.
 *
 * A setting can be essential and sufficient, or redundant and sufficient (another one does the same). Redundant means that this
 * one can be left out while all others stay; it says nothing of leaving out two.
 */
export const judgeSettings = (input: SettingsInput): SettingVerdict[] =>
  input.ablation.settings.map((setting) => {
    const found = [necessity(setting, input), sufficiency(setting, input)]
    const words = found.flatMap(({ word }) => word ?? [])
    return {
      setting: setting.name,
      words: words.length === 0 ? ['undecided'] : words,
      because: found.map(({ because }) => because),
    }
  })
