import { expect, test } from 'vitest'
import { latencyNoise } from '../../../src/correlator/latency-noise.ts'
import { rowsOfColumns } from '../../../src/model/request-rows.ts'
import { columnsOf, type Row } from '../../support/story.ts'

const row = (requestId: number, startMs: number, tookMs: number, more: Row = {}): Row => ({
  requestId,
  source: 'vuser',
  template: 'home',
  outcome: 'ok',
  intendedUs: startMs * 1000,
  startUs: startMs * 1000,
  endUs: (startMs + tookMs) * 1000,
  ...more,
})
const steady = Array.from({ length: 20 }, (_, i) => row(i, i * 100, 20))

const noiseOf = (rows: readonly Row[]) => latencyNoise(rowsOfColumns(columnsOf(rows)))

test('noise is what the slowest answer under way took beyond the median of its template', () => {
  const noise = noiseOf([...steady, row(50, 520, 170)])
  expect(noise(550, 600)).toBe(150)
  expect(noise(1000, 1050)).toBe(0)
})

test('a template that is slow by nature makes no noise', () => {
  const slow = Array.from({ length: 5 }, (_, i) => row(100 + i, i * 400, 300, { template: 'report' }))
  expect(noiseOf([...steady, ...slow])(0, 2000)).toBe(0)
})

test('a request that was sent late tells of a busy machine, failed or not', () => {
  const late = row(60, 700, 5, { outcome: 'failed', kind: 'status', intendedUs: 500_000 })
  expect(noiseOf([...steady, late])(690, 710)).toBe(200)
})

test('where no request was under way nothing is known', () => {
  expect(noiseOf(steady)(5000, 5100)).toBeNull()
  const failed = row(70, 5000, 40, { outcome: 'failed', kind: 'status' })
  expect(noiseOf([...steady, failed])(5000, 5040)).toBeNull()
})
