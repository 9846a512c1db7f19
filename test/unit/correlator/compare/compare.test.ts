import { describe, expect, test } from 'vitest'
import { compareRuns } from '../../../../src/correlator/compare/compare.ts'
import type { ComparisonInput, MeasuredRun } from '../../../../src/model/comparison.ts'
import { madeReport } from '../../../support/measured-runs.ts'

const FAST = { rounds: 499 }

/** `blocks` rounds; each variant's terminations per restart given once and measured in every round. */
const study = (
  variants: Readonly<Record<string, readonly (readonly number[])[]>>,
  blocks: number,
): MeasuredRun[] => {
  let minute = 0
  return Array.from({ length: blocks }, (_, i) => i + 1).flatMap((block) =>
    Object.entries(variants).map(([variant, restarts]) => ({
      variant,
      block,
      report: madeReport({ restarts, minute: minute++ }),
    })),
  )
}

const compared = (runs: readonly MeasuredRun[], more: Partial<ComparisonInput> = {}) =>
  compareRuns({
    runs,
    control: 'control',
    base: null,
    ablation: null,
    interleaved: true,
    seed: 1,
    options: FAST,
    ...more,
  })

describe('a comparison', () => {
  test('says better where a variant drops nothing and the control does in most terminations', () => {
    const { pairs, variants } = compared(study({ control: [[5, 0, 9, 2]], fixed: [[0, 0, 0, 0]] }, 5))
    expect(pairs.map(({ variant, reference, word }) => ({ variant, reference, word }))).toEqual([
      { variant: 'fixed', reference: 'control', word: 'better' },
    ])
    const fixed = variants.find(({ variant }) => variant === 'fixed')
    expect(fixed?.dropping).toMatchObject({ hit: 0, trials: 20 })
    expect(fixed?.dropping?.zeroBound).toBeGreaterThanOrEqual(3 / 20)
    expect(fixed?.failuresPerTermination).toEqual({ mean: 0, interval: null })
  })

  test('does not call two variants without a failure the same before there are enough terminations', () => {
    const few = compared(study({ control: [[0, 0, 0, 0]], other: [[0, 0, 0, 0]] }, 2))
    expect(few.pairs[0]?.word).toMatch(/^not enough data: \d+ more restarts needed$/)
    const many = compared(study({ control: [[0, 0, 0, 0]], other: [[0, 0, 0, 0]] }, 12))
    expect(many.pairs[0]?.word).toBe('no difference shown')
  })
})
