import type { Variant } from './variant.ts'

/** Which part of a scenario a variant comes from. */
export const VARIANT_DESIGNS = ['named', 'all', 'none', 'all-but-one', 'only-one', 'grid'] as const
export type VariantDesign = (typeof VARIANT_DESIGNS)[number]

/** A variant of a study, and what it stands for. */
export interface StudyVariant extends Variant {
  readonly design: VariantDesign
  /** Ablation: `on` or `off` of each setting. Grid: the level of each dimension. Empty = a variant with a name and no more. */
  readonly factors: Readonly<Record<string, string>>
}

/** Which variants are compared, and how often each is measured. */
export interface StudyPlan {
  /** At least two, with names of their own. */
  readonly variants: readonly StudyVariant[]
  /** Rounds. Each variant has one block in each, the control two when there are more than two variants. */
  readonly blocks: number
  /** Name of the variant that the others are compared with, and by which drift is seen. */
  readonly control: string
  /** Seed of the order. */
  readonly seed: number
  /** A block that was inconclusive is run once more at the end. */
  readonly repeat: boolean
  /**
   * Least time from the end of one block's load to the start of the next one's, ms. `null` = AFTERMATH_MS, and none
   * on our own lab, which translates no addresses.
   */
  readonly restMs: number | null
}

/** One measurement of one variant: apply, settle, a whole run, restore. */
export interface PlannedBlock {
  /** From 1, in the order of the study. */
  readonly index: number
  /** From 1. */
  readonly round: number
  readonly variant: string
}
