import { expect, test } from 'vitest'
import { correlate } from '../../../src/correlator/correlate.ts'
import { readStory } from '../../support/story.ts'

/** The story of B8, with a local port of which this run knows nothing. */
const withStrangePort = (sinceLoadMs: number | null | undefined) => {
  const story = readStory('b8-stale-conntrack-entry')
  const localPort = story.columns.localPort.map((port, row) =>
    story.columns.outcome[row] === 0 && port === 33_333 ? 33_334 : port,
  )
  const study = {
    id: 's',
    block: 2,
    round: 1,
    variant: 'all',
    ...(sinceLoadMs === undefined ? {} : { sinceLoadMs }),
  }
  const info = sinceLoadMs === undefined ? story.info : { ...story.info, study }
  const [finding] = correlate({ ...story, info, columns: { ...story.columns, localPort } }).findings
  return { cause: finding?.cause, candidates: finding?.candidates ?? [] }
}

test('a lone time-out soon after another block may be what that block left in the network, and nothing tells', () => {
  const { cause, candidates } = withStrangePort(5_000)
  expect(cause === 'B8' || candidates.includes('B8')).toBe(true)
})

test.each([
  ['in a run of its own', undefined],
  ['in the first block', null],
  ['once the entries of the block before have expired', 120_000],
])('it is not laid to another block %s', (_, sinceLoadMs) => {
  const { cause, candidates } = withStrangePort(sinceLoadMs)
  expect(cause).not.toBe('B8')
  expect(candidates).not.toContain('B8')
})
