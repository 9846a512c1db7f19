import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHistogram, decodeHistogram } from '../../../src/kernel/histogram.ts'

test('nothing recorded is null, not 0', () => {
  const histogram = createHistogram()
  expect([histogram.count, histogram.valueAtUs(99), histogram.maxUs]).toEqual([0, null, null])
})

test('percentiles are right to three digits', () => {
  const histogram = createHistogram()
  for (let us = 1; us <= 10_000; us++) histogram.record(us)
  for (const percentile of [1, 50, 90, 99, 99.9]) {
    const exact = percentile * 100
    expect(Math.abs((histogram.valueAtUs(percentile) ?? 0) - exact)).toBeLessThanOrEqual(exact / 1000 + 1)
  }
  expect(histogram.count).toBe(10_000)
})

test('values out of range are clamped, and what is no number is refused', () => {
  const histogram = createHistogram()
  histogram.record(-5)
  histogram.record(0)
  histogram.record(1e12)
  expect(histogram.valueAtUs(0)).toBe(1)
  expect(histogram.maxUs).toBeGreaterThanOrEqual(60_000_000)
  expect(histogram.maxUs).toBeLessThan(60_100_000)
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => histogram.record(wrong)).toThrow(RangeError)
  expect(histogram.count).toBe(3)
})

test('parts that were encoded and merged equal one histogram of all', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60_000_000 }), { maxLength: 50 }),
      fc.nat(50),
      (values, cut) => {
        const all = createHistogram()
        const parts = [createHistogram(), createHistogram()]
        values.forEach((value, index) => {
          all.record(value)
          parts[index < cut ? 0 : 1]?.record(value)
        })
        const merged = createHistogram()
        for (const part of parts) merged.merge(decodeHistogram(part.encode()))
        const figures = (histogram: typeof all) => [
          histogram.count,
          histogram.valueAtUs(50),
          histogram.valueAtUs(99),
        ]
        expect(figures(merged)).toEqual(figures(all))
        // The exact maximum does not travel; its bucket does.
        expect(Math.abs((merged.maxUs ?? 0) - (all.maxUs ?? 0))).toBeLessThanOrEqual((all.maxUs ?? 0) / 1000)
      },
    ),
    { numRuns: 50 },
  )
})
