import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  boundText,
  countOf,
  countText,
  durationText,
  latencyText,
  percentText,
  runClockText,
  shareText,
  sinceText,
  utcClockText,
} from '../../../src/report/format.ts'

test('counts have thousands separators', () => {
  expect([0, 7, 999, 1000, 80_123, 1_234_567].map(countText)).toEqual([
    '0',
    '7',
    '999',
    '1,000',
    '80,123',
    '1,234,567',
  ])
  expect([countOf(1, 'pod'), countOf(2, 'pod')]).toEqual(['1 pod', '2 pods'])
})

test('percentages keep two significant digits, however small', () => {
  expect([0, 1, 0.5, 0.072, 0.002646, 0.0000372].map(percentText)).toEqual([
    '0 %',
    '100 %',
    '50 %',
    '7.2 %',
    '0.26 %',
    '0.0037 %',
  ])
  expect(shareText(1, 0)).toBe('–')
})

test('an upper bound is rounded up, never down', () => {
  expect(boundText(3 / 80_123)).toBe('0.0038 %')
  expect(boundText(3 / 20)).toBe('15 %')
  fc.assert(
    fc.property(fc.double({ min: 1e-8, max: 1, noNaN: true }), (ratio) => {
      const shown = Number(boundText(ratio).replace(' %', '')) / 100
      expect(shown).toBeGreaterThanOrEqual(ratio * (1 - 1e-9))
      expect(shown).toBeLessThanOrEqual(ratio * 1.11)
    }),
  )
})

test('lengths of time take the unit that reads best', () => {
  expect([0, 12.4, 999.4, 1000, 59_940, 60_000, 252_000, 3_720_000, null].map(durationText)).toEqual([
    '0 ms',
    '12 ms',
    '999 ms',
    '1.0 s',
    '59.9 s',
    '1m 0s',
    '4m 12s',
    '1h 2m',
    '–',
  ])
  expect([412, 3210, 99_949, 412_000, 1_240_000, null].map(latencyText)).toEqual([
    '412 µs',
    '3.2 ms',
    '99.9 ms',
    '412 ms',
    '1.24 s',
    '–',
  ])
})

test('moments are told as a stop-watch and as time of day', () => {
  expect(runClockText(32_401)).toBe('0:32.4')
  expect(runClockText(59_960)).toBe('1:00.0')
  expect(runClockText(3_723_000, 0)).toBe('1:02:03')
  expect(runClockText(-1500)).toBe('-0:01.5')
  expect(runClockText(null)).toBe('–')
  expect(utcClockText('2026-11-21T10:30:00.000Z', 127_113)).toBe('10:32:07.113')
  expect(utcClockText('not a date', 1)).toBe('–')
  expect([sinceText(1200, 1000), sinceText(900, 1000), sinceText(null, 1000)]).toEqual([
    '+200 ms',
    '-100 ms',
    '–',
  ])
})
