import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDurationMs, parseDurationMs, usToMs } from '../../../src/kernel/units.ts'

test.each([
  ['500ms', 500],
  ['20s', 20_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['1m30s', 90_000],
  ['1.5s', 1500],
  ['250us', 0.25],
  ['7', 7000],
  ['0.5', 500],
  ['0', 0],
  [' 2s ', 2000],
])('%j is %d ms', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms)
})

test.each([
  '',
  ' ',
  '5x',
  '-5s',
  '-5',
  '010',
  '1e3',
  '1e999',
  'NaN',
  'Infinity',
  '5 s',
  '5s5',
  's',
  '1.s',
  '.5s',
  '1..5s',
  `${'9'.repeat(400)}s`,
])('%j is no duration', (text) => {
  expect(parseDurationMs(text)).toBeNull()
})

test('a duration that was formatted reads back as it was, to a µs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400_000_000_000 }), (us) => {
      const ms = us / 1000
      expect(parseDurationMs(formatDurationMs(ms))).toBeCloseTo(ms, 3)
    }),
  )
})

test('any text gives a finite number of ms that is not negative, or null', () => {
  const unitText = fc
    .array(fc.tuple(fc.nat(), fc.constantFrom('us', 'ms', 's', 'm', 'h', 'd')).map((parts) => parts.join('')))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(fc.string(), unitText), (text) => {
      const ms = parseDurationMs(text)
      expect(ms === null || (Number.isFinite(ms) && ms >= 0)).toBe(true)
    }),
  )
})

test.each([
  [0, '0s'],
  [500, '500ms'],
  [1000, '1s'],
  [90_000, '1m30s'],
  [3_600_000, '1h'],
  [1234, '1234ms'],
  [10_500, '10.5s'],
])('%d ms is written %s', (ms, text) => {
  expect(formatDurationMs(ms)).toBe(text)
})

test('µs convert to ms', () => {
  expect(usToMs(1500)).toBe(1.5)
})
