import { redactData } from '../../kernel/redact.ts'
import type { Comparison, SettingVerdict } from '../../model/comparison.ts'
import type { Verdict } from '../../model/finding.ts'
import { type Annotation, LEVELS, withinLimit } from '../annotations.ts'
import { comparisonView } from './view.ts'

/** What a study came to, as its step is to show it. */
export interface StudyOutcome {
  readonly title: string
  /** `null` when nothing could be compared. */
  readonly comparison: Comparison | null
  readonly verdict: Verdict
  /** Why, a sentence each. */
  readonly because: readonly string[]
}

const settingAnnotation = ({ setting, words, because }: SettingVerdict): Annotation => ({
  level: words.includes('undecided') ? 'warning' : 'notice',
  title: `${setting}: ${words.join(' and ')}`,
  message: because.join(' '),
})

/** Workflow commands of GitHub Actions for a study: its outcome with the answer, then each setting with its evidence. */
export const renderStudyAnnotations = (raw: StudyOutcome): readonly string[] => {
  const { title, comparison, verdict, because } = redactData(raw)
  const view = comparison === null ? null : comparisonView(comparison, title)
  const outcome: Annotation = {
    level: LEVELS[verdict],
    title: `rollproof study ${verdict.toUpperCase()}: ${title}`,
    message: [`${because.join('; ')}.`, ...(view?.answer ?? [])].join(' '),
  }
  return withinLimit([outcome, ...(view?.comparison.settings ?? []).map(settingAnnotation)], 'comparison')
}
