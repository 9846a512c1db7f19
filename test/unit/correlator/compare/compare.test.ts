import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ablationFromNames, ablationOf } from '../../../../src/correlator/compare/ablation.ts'
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

  test('calls it no difference where enough restarts show none, and says so for each metric by itself', () => {
    const { pairs } = compared(study({ control: [[0, 3, 0, 0]], other: [[0, 0, 3, 0]] }, 18))
    expect(pairs[0]?.word).toBe('no difference shown')
    expect(pairs[0]?.differences.map(({ metric }) => metric)).toContain('rolloutMs')
  })

  test('does not choose between dropping more often and dropping more at once', () => {
    const often = [[1, 1, 1, 1]]
    const much = [[90, 0, 0, 0]]
    const { pairs } = compared(study({ control: much, often }, 12))
    expect(pairs[0]?.word).toBe('no difference shown')
    expect(pairs[0]?.because).toContain('one drops less often, but more each time')
  })

  test('leaves harness failures out, and says how many', () => {
    const runs: MeasuredRun[] = [1, 2, 3].flatMap((block) => [
      { variant: 'control', block, report: madeReport({ restarts: [[0, 0, 0, 0]], minute: 2 * block }) },
      {
        variant: 'other',
        block,
        report: madeReport({ restarts: [[5, 5, 5, 5]], minute: 2 * block + 1, cause: 'F3' }),
      },
    ])
    const { variants, notes } = compared(runs)
    expect(variants.find(({ variant }) => variant === 'other')).toMatchObject({
      failures: 0,
      notCounted: { harness: 60 },
    })
    expect(notes.join(' ')).toContain('60 failures of the harness itself are not counted')
  })

  test('compares only rounds that have both, and names the variant that was not in all', () => {
    const runs = study({ control: [[0, 0, 4, 0]], other: [[0, 0, 4, 0]] }, 4).filter(
      ({ variant, block }) => variant === 'control' || block > 2,
    )
    const { pairs, notes } = compared(runs)
    expect(pairs[0]).toMatchObject({ blocks: 2 })
    expect(notes.join(' ')).toContain('other was not measured in every round')
  })

  test('sees a control that gets worse from round to round', () => {
    const runs: MeasuredRun[] = [0, 1, 2, 3, 4, 5, 6, 7].map((block) => ({
      variant: 'control',
      block,
      report: madeReport({ restarts: [[block * 3, block, 0, 0]], minute: block }),
    }))
    const { drift, notes } = compared(runs)
    expect(drift?.seen).toBe(true)
    expect(notes.join(' ')).toContain('changed in the course of the study')
  })

  test('says that drift cannot be checked where the control was measured in one block', () => {
    const { drift } = compared(study({ control: [[0, 0]], other: [[0, 0]] }, 1))
    expect(drift?.seen).toBeNull()
  })
})

describe('properties of a comparison', () => {
  const restart = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 })), {
    minLength: 2,
    maxLength: 4,
  })
  const restarts = fc.array(restart, { minLength: 1, maxLength: 2 })
  const blocks = fc.array(fc.tuple(restarts, restarts), { minLength: 1, maxLength: 4 })
  const runsOf = (made: readonly (readonly [number[][], number[][]])[]): MeasuredRun[] =>
    made.flatMap(([a, b], block) => [
      { variant: 'a', block, report: madeReport({ restarts: a, minute: 2 * block, runId: `a${block}` }) },
      { variant: 'b', block, report: madeReport({ restarts: b, minute: 2 * block + 1, runId: `b${block}` }) },
    ])
  const options = { rounds: 99 }
  const input = (runs: readonly MeasuredRun[], control: string): ComparisonInput => ({
    runs,
    control,
    base: null,
    ablation: null,
    interleaved: true,
    seed: 7,
    options,
  })

  test('the order of the runs does not matter, and the same seed gives the same bytes', () => {
    fc.assert(
      fc.property(blocks, fc.nat(), (made, shift) => {
        const runs = runsOf(made)
        const at = shift % runs.length
        const turned = [...runs.slice(at), ...runs.slice(0, at)].reverse()
        expect(JSON.stringify(compareRuns(input(turned, 'a')))).toBe(
          JSON.stringify(compareRuns(input(runs, 'a'))),
        )
      }),
      { numRuns: 12 },
    )
  })

  test('with the sides changed every difference changes its sign, and better never stays better', () => {
    fc.assert(
      fc.property(blocks, (made) => {
        const runs = runsOf(made)
        const there = compareRuns(input(runs, 'a')).pairs[0]
        const back = compareRuns(input(runs, 'b')).pairs[0]
        there?.differences.forEach(({ difference }, i) => {
          expect(back?.differences[i]?.difference ?? 0).toBeCloseTo(-(difference ?? 0), 9)
        })
        expect([there?.word, back?.word]).not.toEqual(['better', 'better'])
        expect([there?.word, back?.word]).not.toEqual(['worse', 'worse'])
      }),
      { numRuns: 12 },
    )
  })

  test('a variant that drops more is never seen to drop less', () => {
    fc.assert(
      fc.property(blocks, fc.integer({ min: 1, max: 50 }), (made, more) => {
        const before = compareRuns(input(runsOf(made), 'a')).pairs[0]?.differences[0]?.difference ?? 0
        const raised = made.map(([a, b]): [number[][], number[][]] => [
          a,
          b.map((one) => one.map((n) => n + more)),
        ])
        const after = compareRuns(input(runsOf(raised), 'a')).pairs[0]?.differences[0]?.difference ?? 0
        expect(after).toBeCloseTo(before + more, 6)
      }),
      { numRuns: 12 },
    )
  })
})

describe('settings of an ablation', () => {
  const ablation = ablationFromNames([
    'all',
    'none',
    'all but probe',
    'only probe',
    'all but grace',
    'only grace',
  ])
  const clean = [[0, 0, 0, 0]]
  const bad = [[6, 0, 9, 3]]
  const judged = (blocks: number, more: Readonly<Record<string, readonly (readonly number[])[]>> = {}) =>
    compared(
      study(
        {
          all: clean,
          none: bad,
          'all but probe': bad,
          'only probe': clean,
          'all but grace': clean,
          'only grace': bad,
          ...more,
        },
        blocks,
      ),
      { control: 'all', ablation },
    ).settings

  test('one that does everything is essential and sufficient, one that does nothing redundant', () => {
    const settings = judged(7)
    expect(settings.map(({ setting, words }) => [setting, words])).toEqual([
      ['grace', ['redundant']],
      ['probe', ['essential', 'sufficient']],
    ])
    expect(settings[0]?.because[0]).toContain('0 of 28 pod terminations')
    expect(settings[0]?.because[0]).toContain('margin 10 %')
  })

  test('with few terminations a bound above the margin leaves it undecided', () => {
    expect(judged(3).find(({ setting }) => setting === 'grace')?.words).toEqual(['undecided'])
  })

  test('nothing is sufficient where there was nothing to cure', () => {
    const settings = judged(7, { none: clean, 'all but probe': clean, 'only grace': clean })
    expect(settings.map(({ words }) => words)).toEqual([['redundant'], ['redundant']])
    expect(settings[1]?.because[1]).toContain('does not show that it does anything')
  })

  test('is the same with another control than "all"', () => {
    const runs = study({ none: bad, all: clean, 'all but probe': bad, 'only probe': clean }, 7)
    const found = compared(runs, {
      control: 'none',
      ablation: ablationFromNames(['all', 'none', 'all but probe', 'only probe']),
    })
    expect(found.settings).toMatchObject([{ setting: 'probe', words: ['essential', 'sufficient'] }])
  })

  test('is found among variants by what they switch on', () => {
    expect(
      ablationOf([
        { name: 'everything', design: 'all', factors: { probe: 'on', grace: 'on' } },
        { name: 'nothing', design: 'none', factors: { probe: 'off', grace: 'off' } },
        { name: 'no probe', design: 'all-but-one', factors: { probe: 'off', grace: 'on' } },
        { name: 'probe', design: 'only-one', factors: { probe: 'on', grace: 'off' } },
      ]),
    ).toEqual({
      all: 'everything',
      none: 'nothing',
      settings: [
        { name: 'probe', allBut: 'no probe', only: 'probe' },
        { name: 'grace', allBut: null, only: null },
      ],
    })
  })
})
