import { expect, test } from 'vitest'
import { correlate } from '../../../src/correlator/correlate.ts'
import { binnedPercentiles } from '../../../src/correlator/detail/binned-percentiles.ts'
import type { CorrelatorInput, LongInput } from '../../../src/correlator/input.ts'
import { COLUMN_NAMES } from '../../../src/model/request-columns.ts'
import type { RequestRows } from '../../../src/model/request-rows.ts'
import { bigRun } from '../../support/big-run.ts'
import { readStory, storyNames } from '../../support/story.ts'

/** The same rows in blocks of 7, each of which is spoilt as soon as the next one is asked for. */
const inBlocks = ({ columns, ...rest }: CorrelatorInput): LongInput => {
  const requests: RequestRows = {
    length: columns.length,
    strings: columns.strings,
    *blocks(...names) {
      for (let from = 0; from < columns.length; from += 7) {
        const length = Math.min(7, columns.length - from)
        const own = COLUMN_NAMES.filter((name) => names.some((wanted) => wanted === name)).map(
          (name) => [name, columns[name].slice(from, from + length)] as const,
        )
        yield { length, ...Object.fromEntries(own) } as never
        for (const [, values] of own) values.fill(77)
      }
    },
  }
  return { ...rest, requests }
}

test.each(storyNames())('%s is judged alike from whole columns and block by block', (name) => {
  const story = readStory(name)
  const whole = correlate(story)
  const long = correlate(inBlocks(story))
  expect(JSON.stringify([long.report, long.findings, long.detail()])).toBe(
    JSON.stringify([whole.report, whole.findings, whole.detail()]),
  )
})

test('so is a run with hundreds of failures, with all that the HTML report shows', () => {
  const input = bigRun({ requests: 6_000, replicas: 4, rollouts: 2, durationMs: 60_000, failuresPerEnd: 12 })
  const whole = correlate(input)
  const long = correlate(inBlocks(input))
  expect(whole.findings.length).toBeGreaterThan(50)
  expect(JSON.stringify([long.report, long.findings, long.detail()])).toBe(
    JSON.stringify([whole.report, whole.findings, whole.detail()]),
  )
})

test('percentiles of bins are the same however many bins are taken at a time', () => {
  const values = [9, 1, 5, 5, 2, 8, 8, 3, 7, 4].map((value, i) => [i % 4 === 3 ? 5 : i % 4, value] as const)
  const counts = new Uint32Array(7)
  for (const [bin] of values) counts[bin] = (counts[bin] ?? 0) + 1
  const each = (give: (bin: number, value: number) => void): void => {
    for (const [bin, value] of values) give(bin, value)
  }
  const all = binnedPercentiles(counts, each)
  expect(all.p99).toEqual([9, 8, 8, null, null, 5, null])
  for (const most of [1, 3, 4, 100]) expect(binnedPercentiles(counts, each, most)).toEqual(all)
})
