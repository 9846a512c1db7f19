import type { StudyPlan, StudyVariant } from '../../model/study.ts'
import { hasStudy } from './check-study.ts'
import { expandStudy } from './expand-study.ts'

export const STUDY_DEFAULTS = { blocks: 3, repeat: true } as const

/** The fields of `study` that the schema has read. */
interface StudyInput {
  readonly blocks?: number | undefined
  readonly control?: string | undefined
  readonly seed?: number | undefined
  readonly repeat?: boolean | undefined
  readonly rest?: number | undefined
}

/** The study of a scenario that passed the checks; `null` when it compares nothing. */
export const resolveStudy = (
  raw: Readonly<Record<string, unknown>>,
  input: StudyInput,
  context: { readonly deployment: string; readonly seed: number },
): StudyPlan | null => {
  if (!hasStudy(raw)) return null
  const { variants } = expandStudy(raw, context.deployment)
  return {
    variants,
    blocks: input.blocks ?? STUDY_DEFAULTS.blocks,
    control: input.control ?? defaultControl(variants),
    seed: input.seed ?? context.seed,
    repeat: input.repeat ?? STUDY_DEFAULTS.repeat,
    restMs: input.rest ?? null,
  }
}

/** Of an ablation `all`; else the first variant that changes nothing; else the first. */
const defaultControl = (variants: readonly StudyVariant[]): string =>
  (
    variants.find(({ design }) => design === 'all') ??
    variants.find(({ patches }) => patches.length === 0) ??
    variants[0]
  )?.name ?? ''
