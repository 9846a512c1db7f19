import type { MeasuredRun, VariantSummary } from '../../model/comparison.ts'
import type { RunReport } from '../../model/finding.ts'
import { compareText } from '../input.ts'
import { type MeasuredRestart, type MeasuredRestarts, restartsOf } from './restarts.ts'

/** One run of a variant. */
export interface MeasuredBlock {
  readonly block: number
  /** From 1, by the time at which it was measured. */
  readonly order: number
  readonly report: RunReport
  readonly measured: MeasuredRestarts
}

export interface MeasuredVariant {
  readonly variant: string
  readonly role: VariantSummary['role']
  /** In the order in which they were measured. */
  readonly blocks: readonly MeasuredBlock[]
}

/** The variants by name the control first, then as `shown`, then by first measurement; whatever the order of the input. */
export const measuredVariants = (
  runs: readonly MeasuredRun[],
  control: string,
  base: string | null,
  shown: readonly string[] = [],
): MeasuredVariant[] => {
  const ordered = runs
    .toSorted(
      (a, b) =>
        compareText(a.report.startedAt, b.report.startedAt) ||
        a.block - b.block ||
        compareText(a.variant, b.variant) ||
        compareText(a.report.runId, b.report.runId),
    )
    .map((run, i) => ({ ...run, order: i + 1 }))
  const measured = new Set(ordered.map(({ variant }) => variant))
  const names = [...new Set([control, ...shown, ...measured])].filter((name) => measured.has(name))
  return names.map((variant) => ({
    variant,
    role: variant === control ? 'control' : variant === base ? 'base' : 'variant',
    blocks: ordered
      .filter((run) => run.variant === variant)
      .map(({ block, order, report }) => ({ block, order, report, measured: restartsOf(report) })),
  }))
}

export const restartsIn = ({ blocks }: MeasuredVariant): MeasuredRestart[] =>
  blocks.flatMap(({ measured }) => measured.restarts)

/** Failures of each pod termination. */
export const terminationsIn = (variant: MeasuredVariant): number[] =>
  restartsIn(variant).flatMap(({ terminations }) => terminations)
