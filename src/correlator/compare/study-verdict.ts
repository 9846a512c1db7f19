import type { Comparison } from '../../model/comparison.ts'
import type { Verdict } from '../../model/finding.ts'

export interface StudyVerdict {
  readonly verdict: Verdict
  readonly exitCode: 0 | 1 | 4
  /** Why, a sentence each. */
  readonly because: readonly string[]
}

export interface StudyOutcome {
  readonly comparison: Comparison
  /** Name of the variant with all settings on; `null` = no ablation. */
  readonly all: string | null
  /** Blocks of the plan that were not measured. */
  readonly missing: number
  /** Variants that could not be measured, and why. */
  readonly dropped: ReadonlyMap<string, string>
}

/**
 * What a study came to. A study asks a question, so that failures of a bad variant are its answer and no fault:
 *
 * - `failed`: an ablation whose "all" itself broke a threshold: even all settings together are not enough;
 * - `inconclusive`: blocks are missing, or a setting is undecided, or a pair has not enough data;
 * - `passed`: the answer is there.
 */
export const studyVerdict = ({ comparison, all, missing, dropped }: StudyOutcome): StudyVerdict => {
  const { variants, pairs, settings } = comparison
  const broken = variants
    .filter(({ variant }) => variant === all)
    .flatMap(({ blocks }) => blocks.filter(({ verdict }) => verdict === 'failed'))
  if (broken.length > 0) {
    const because = `with all settings on, ${broken.length} of its blocks failed: together they are not enough`
    return { verdict: 'failed', exitCode: 1, because: [because] }
  }
  const because: string[] = []
  if (missing > 0)
    because.push(`${missing} ${missing === 1 ? 'block is' : 'blocks are'} still to be measured`)
  for (const [variant, why] of dropped) because.push(`${variant} could not be measured: ${why}`)
  const undecided = settings.filter(({ words }) => words.includes('undecided')).map(({ setting }) => setting)
  if (undecided.length > 0) because.push(`undecided: ${undecided.join(', ')}`)
  if (settings.length === 0) {
    const open = pairs.filter(({ word }) => word.startsWith('not enough data'))
    if (open.length > 0) because.push(`not enough data: ${open.map(({ variant }) => variant).join(', ')}`)
    if (pairs.length === 0) because.push('no two variants could be compared')
  }
  return because.length > 0
    ? { verdict: 'inconclusive', exitCode: 4, because }
    : { verdict: 'passed', exitCode: 0, because: ['every question of the study has its answer'] }
}
