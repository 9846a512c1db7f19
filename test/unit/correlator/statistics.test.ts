import fc from 'fast-check'
import { quantileSorted } from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import { missedByChance } from '../../../src/correlator/gates/h7.ts'
import { percentile } from '../../../src/correlator/statistics/percentile.ts'
import { permutationTest } from '../../../src/correlator/statistics/permutation.ts'
import { wilson } from '../../../src/correlator/statistics/wilson.ts'
import { exactZeroBound, ruleOfThree } from '../../../src/correlator/statistics/zero-bound.ts'
import { seededRandom } from '../../../src/kernel/random.ts'

describe('Wilson score interval', () => {
  // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i is %f to %f, as published', (successes, trials, low, high) => {
    const bounds = wilson(successes, trials)
    expect(bounds?.low).toBeCloseTo(low, 4)
    expect(bounds?.high).toBeCloseTo(high, 4)
  })

  test('it holds the share itself and stays between 0 and 1', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (trials, share) => {
          const successes = Math.round(share * trials)
          const bounds = wilson(successes, trials)
          return (
            bounds !== null &&
            bounds.low >= 0 &&
            bounds.high <= 1 &&
            bounds.low <= successes / trials + 1e-12 &&
            bounds.high >= successes / trials - 1e-12
          )
        },
      ),
    )
  })

  test('without trials there is none', () => expect(wilson(0, 0)).toBeNull())
})

describe('upper bound of a zero', () => {
  test('the rule of three is 3/n, and 20 terminations leave 15 %', () => {
    expect(ruleOfThree(20)).toBeCloseTo(0.15)
    expect(ruleOfThree(80_000)).toBeCloseTo(0.0000375)
    expect(ruleOfThree(1)).toBe(1)
    expect(ruleOfThree(0)).toBeNull()
  })

  test('it rounds the exact bound up, and by less than 2 % beyond 59 trials', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 1_000_000 }), (trials) => {
        const exact = exactZeroBound(trials) ?? 0
        const three = ruleOfThree(trials) ?? 0
        return three >= exact && (trials < 59 || three / exact < 1.03)
      }),
    )
  })

  test('the exact bound is the share at which nothing is seen with 5 %', () => {
    expect((1 - (exactZeroBound(59) ?? 0)) ** 59).toBeCloseTo(0.05, 10)
    expect(exactZeroBound(59)).toBeCloseTo(0.0495, 4)
  })
})

test('percentiles are nearest ranks: values of the sample, and near the oracle', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 99 }),
      (values, percent) => {
        const sorted = values.toSorted((a, b) => a - b)
        const mine = percentile(sorted, percent) ?? Number.NaN
        const rank = Math.ceil((sorted.length * percent) / 100)
        // The oracle interpolates (type 7), at most one rank away.
        const oracle = quantileSorted(sorted, percent / 100)
        const low = sorted[Math.max(0, rank - 2)] ?? Number.NaN
        const high = sorted[Math.min(sorted.length - 1, rank)] ?? Number.NaN
        const below = sorted.filter((value) => value < mine).length
        const upTo = sorted.filter((value) => value <= mine).length
        const isNearestRank = below * 100 < percent * sorted.length && upTo * 100 >= percent * sorted.length
        return isNearestRank && oracle >= low - 1e-6 && oracle <= high + 1e-6
      },
    ),
  )
  expect(percentile([1, 2, 3, 4], 50)).toBe(2)
  expect(percentile([1, 2, 3, 4], 99)).toBe(4)
  expect(percentile([], 50)).toBeNull()
  expect(
    percentile(
      Array.from({ length: 20 }, (_, i) => i),
      99,
    ),
  ).toBe(19)
})

describe('chance test', () => {
  const windows = [20, 40, 60, 80].map((second) => ({ fromMs: second * 1000, toMs: second * 1000 + 4000 }))

  test('failures that keep to the terminations are not chance', () => {
    const result = permutationTest(windows, [21_000, 41_000, 61_000, 81_000], 100_000, seededRandom(1))
    expect(result?.hit).toBe(4)
    expect(result?.p).toBeLessThan(0.01)
  })

  test('failures elsewhere are chance', () => {
    const result = permutationTest(windows, [5000, 30_000, 50_000, 95_000], 100_000, seededRandom(1))
    expect(result?.hit).toBe(0)
    expect(result?.p).toBe(1)
  })

  test('it says nothing when the windows cover more than half of the run, or nothing failed', () => {
    expect(permutationTest([{ fromMs: 0, toMs: 60_000 }], [1], 100_000, seededRandom(1))).toBeNull()
    expect(permutationTest(windows, [], 100_000, seededRandom(1))).toBeNull()
  })

  test('many failures in one window are one termination: they do not make it certain', () => {
    const one = windows.slice(0, 1)
    const many = permutationTest(one, [21_000], 100_000, seededRandom(1))
    expect(many?.p).toBeGreaterThan(0.01)
  })

  test('the same seed gives the same p', () => {
    const run = () => permutationTest(windows, [21_000, 50_000], 100_000, seededRandom(7))?.p
    expect(run()).toBe(run())
  })
})

test('the chance that a pod got none of n connections is (1 − 1/k)^n', () => {
  expect(missedByChance(17, 4)).toBeCloseTo(0.75 ** 17)
  expect(missedByChance(16, 4)).toBeGreaterThan(0.01)
  expect(missedByChance(17, 4)).toBeLessThan(0.01)
  expect(missedByChance(5, 1)).toBe(0)
  expect(missedByChance(0, 1)).toBe(1)
})
