import * as oracle from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import {
  binomialMasses,
  hypergeometricMasses,
  logChoose,
} from '../../../../src/correlator/statistics/binomial.ts'
import { designEffect } from '../../../../src/correlator/statistics/clustering.ts'
import { fisherExact } from '../../../../src/correlator/statistics/fisher.ts'
import { holm } from '../../../../src/correlator/statistics/holm.ts'
import { newcombe } from '../../../../src/correlator/statistics/newcombe.ts'
import { normalQuantile } from '../../../../src/correlator/statistics/normal.ts'
import {
  detectableDifference,
  fisherPower,
  requiredTrials,
  trialsToExclude,
} from '../../../../src/correlator/statistics/power.ts'
import {
  bootstrapDifference,
  bootstrapMean,
} from '../../../../src/correlator/statistics/stratified-bootstrap.ts'
import { stratifiedPermutation } from '../../../../src/correlator/statistics/stratified-permutation.ts'
import { seededRandom } from '../../../../src/kernel/random.ts'

const asIs = (value: number): number => value

describe('quantiles and masses', () => {
  test.each([
    [0.975, 1.959963984540054],
    [0.95, 1.6448536269514722],
    [0.995, 2.5758293035489004],
    [0.001, -3.090232306167813],
    [0.5, 0],
  ])('z of %f is %f', (share, z) => {
    expect(Math.abs(normalQuantile(share) - z)).toBeLessThan(1e-8)
  })

  test('binomial masses agree with simple-statistics', () => {
    const expected = oracle.binomialDistribution(12, 0.3) ?? []
    const masses = binomialMasses(12, 0.3)
    expected.forEach((mass, k) => {
      expect(masses[k]).toBeCloseTo(mass, 10)
    })
  })

  test('hypergeometric masses sum to 1, and "n choose k" is what it is', () => {
    expect(Math.exp(logChoose(10, 3))).toBeCloseTo(120, 8)
    expect(hypergeometricMasses(7, 5, 4).masses.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 10)
  })
})

describe('the difference of two shares', () => {
  // Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10.
  test.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [6, 7, 2, 7, 0.0582, 0.8062],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [0, 10, 0, 20, -0.1611, 0.2775],
    [0, 10, 0, 10, -0.2775, 0.2775],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ])('%i/%i − %i/%i has the published interval', (a, n, b, m, low, high) => {
    const interval = newcombe({ hit: a, trials: n }, { hit: b, trials: m })
    expect(interval?.low).toBeCloseTo(low, 4)
    expect(interval?.high).toBeCloseTo(high, 4)
  })

  test('Fisher: the lady tasting tea, and the table of the textbooks', () => {
    expect(fisherExact(3, 4, 1, 4)).toBeCloseTo(0.4857142857, 9)
    expect(fisherExact(1, 12, 9, 12)).toBeCloseTo(0.0027594561852, 10)
    expect(fisherExact(0, 5, 0, 5)).toBe(1)
  })

  test('a permutation test of hits is Fisher’s test, within the error of its rounds', () => {
    const a = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    const b = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    const exact = fisherExact(5, 12, 10, 12)
    const p = stratifiedPermutation([{ a, b }], [asIs], { rounds: 19_999, random: seededRandom(4) })?.p ?? 0
    expect(Math.abs(p - exact)).toBeLessThan(4 * Math.sqrt((exact * (1 - exact)) / 20_000))
  })

  test('a permutation test of means agrees with that of simple-statistics', () => {
    const a = [4.1, 5.2, 6.1, 3.9, 5.5, 6.6, 4.8]
    const b = [5.9, 6.3, 7.4, 5.1, 6.9, 7.7, 6.2]
    const random = seededRandom(9)
    const expected = oracle.permutationTest(a, b, 'two_side', 9_999, random.next)
    const p = stratifiedPermutation([{ a, b }], [asIs], { rounds: 9_999, random: seededRandom(8) })?.p ?? 0
    expect(Math.abs(p - expected)).toBeLessThan(0.012)
  })

  test('what all units of a stratum have in common makes no difference', () => {
    const strata = [
      { a: [100, 101, 102, 103], b: [100, 101, 102, 103] },
      { a: [0, 1, 2, 3], b: [0, 1, 2, 3] },
    ]
    expect(stratifiedPermutation(strata, [asIs], { rounds: 499, random: seededRandom(1) })).toMatchObject({
      p: 1,
      scores: [{ difference: 0 }],
    })
  })
})

describe('Holm', () => {
  test('adjusts as R’s p.adjust does, and leaves out what was not tested', () => {
    expect(
      holm([0.01, null, 0.04, 0.03, 0.02]).map((p) => (p === null ? null : Number(p.toFixed(6)))),
    ).toEqual([0.04, null, 0.06, 0.06, 0.06])
    expect(holm([0.2, 0.9])).toEqual([0.4, 0.9])
  })
})

describe('power', () => {
  test('is the sum over all outcomes that Fisher’s test rejects', () => {
    const first = oracle.binomialDistribution(14, 0.1) ?? []
    const second = oracle.binomialDistribution(14, 0.6) ?? []
    let power = 0
    for (let x = 0; x <= 14; x++)
      for (let y = 0; y <= 14; y++)
        if (fisherExact(x, 14, y, 14) <= 0.05) power += (first[x] ?? 0) * (second[y] ?? 0)
    expect(fisherPower({ a: 0.1, b: 0.6 }, 14, 14, 0.05)).toBeCloseTo(power, 6)
  })

  test('required trials have the power that was asked for, and a restart less has not', () => {
    const shares = { a: 0.05, b: 0.3 }
    const trials = requiredTrials(shares, 0.05, 0.8, 4)
    expect(trials % 4).toBe(0)
    expect(fisherPower(shares, trials, trials, 0.05)).toBeGreaterThanOrEqual(0.8)
    expect(fisherPower(shares, trials - 4, trials - 4, 0.05)).toBeLessThan(0.8)
  })

  test('59 trials without a failure exclude 5 %, 299 exclude 1 %', () => {
    expect(trialsToExclude(0.05)).toBe(59)
    expect(trialsToExclude(0.01)).toBe(299)
  })

  test('a detectable difference is found with the power that was asked for, and four trials find none', () => {
    const found = detectableDifference(0, 20, 0.05, 0.8) ?? 0
    expect(fisherPower({ a: 0, b: found }, 20, 20, 0.05)).toBeGreaterThanOrEqual(0.8)
    expect(fisherPower({ a: 0, b: found - 0.01 }, 20, 20, 0.05)).toBeLessThan(0.8)
    expect(detectableDifference(0, 3, 0.05, 0.8)).toBeNull()
  })
})

describe('intervals by resampling', () => {
  const random = seededRandom(3)
  const values = Array.from({ length: 60 }, () => random.next() * 10)

  test('of a mean have the width of theory: 2 × 1.96 s/√n', () => {
    const interval = bootstrapMean(values, { rounds: 4000, random: seededRandom(1) })
    const width = 2 * 1.96 * (oracle.sampleStandardDeviation(values) / Math.sqrt(values.length))
    expect(((interval?.high ?? 0) - (interval?.low ?? 0)) / width).toBeCloseTo(1, 1)
  })

  test('of a difference are wider by √(design effect)', () => {
    const strata = [{ a: values.slice(0, 30), b: values.slice(30) }]
    const plain = bootstrapDifference(strata, { rounds: 4000, random: seededRandom(1) })
    const wide = bootstrapDifference(strata, { rounds: 4000, random: seededRandom(1), designEffect: 4 })
    const width = (one: typeof plain): number => (one?.high ?? 0) - (one?.low ?? 0)
    expect(width(wide) / width(plain)).toBeCloseTo(2, 6)
  })

  test('are not given where nothing varies: that is no certainty', () => {
    expect(bootstrapMean([0, 0, 0, 0], { rounds: 100, random: seededRandom(1) })).toBeNull()
    expect(
      bootstrapDifference([{ a: [0, 0], b: [0, 0] }], { rounds: 100, random: seededRandom(1) }),
    ).toBeNull()
  })

  test('come from whole strata where each side has one unit', () => {
    const strata = [3, 5, 4, 6, 2].map((b) => ({ a: [b + 1 + (b % 2)], b: [b] }))
    const interval = bootstrapDifference(strata, { rounds: 2000, random: seededRandom(1) })
    expect(interval?.low).toBeGreaterThan(0.5)
    expect(interval?.high).toBeLessThan(2.5)
  })
})

describe('the design effect', () => {
  test('is the size of the clusters where all in one are equal', () => {
    const clusters = [0, 1, 0, 1, 1, 0].map((value) => ({
      group: 'a',
      block: 1,
      values: [value, value, value, value],
    }))
    expect(designEffect(clusters)).toBeCloseTo(4, 6)
  })

  test('is 1 where clusters differ no more than their units do', () => {
    const clusters = Array.from({ length: 6 }, () => ({ group: 'a', block: 1, values: [0, 1, 2, 3] }))
    expect(designEffect(clusters)).toBe(1)
  })

  test('does not see what all clusters of a round have in common', () => {
    const clusters = [0, 10, 20].flatMap((shift, block) =>
      ['a', 'b'].map((group) => ({ group, block, values: [0, 1, 2, 3].map((value) => value + shift) })),
    )
    expect(designEffect(clusters)).toBe(1)
  })

  test('is not known from one cluster', () => {
    expect(designEffect([{ group: 'a', block: 1, values: [1, 2, 3] }])).toBeNull()
  })
})
