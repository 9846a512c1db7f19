import { describe, expect, test } from 'vitest'
import { correlate } from '../../../src/correlator/correlate.ts'
import { satisfies } from '../../../src/correlator/thresholds.ts'
import type { Threshold } from '../../../src/model/scenario.ts'
import { readStory } from '../../support/story.ts'

const threshold = (metric: Threshold['metric'], more: Partial<Threshold>): Threshold => ({
  text: 'test',
  metric,
  tags: {},
  aggregation: 'count',
  operator: '==',
  value: 0,
  ...more,
})

const run = (name: string, ...thresholds: Threshold[]) => {
  const story = readStory(name)
  return correlate({ ...story, info: { ...story.info, scenario: { ...story.info.scenario, thresholds } } })
    .report
}

const FAILED = 'a1-refused-while-still-routed'

describe('thresholds on failures', () => {
  test('count, rate and tags', () => {
    const report = run(
      FAILED,
      threshold('failures', { text: 'all', operator: '<=', value: 2 }),
      threshold('failures', { text: 'rate', aggregation: 'rate', operator: '<', value: 0.5 }),
      threshold('failures', { text: 'cause', tags: { cause: 'A1' } }),
      threshold('failures', { text: 'kind', tags: { kind: 'timeout' } }),
      threshold('failures', { text: 'phase', tags: { phase: 'baseline' } }),
      threshold('failures', { text: 'pod', tags: { pod: 'old-a' }, operator: '<=', value: 1 }),
    )
    expect(report.reasons.slice(0, 6).map(({ id, holds }) => [id, holds])).toEqual([
      ['all', true],
      ['rate', true],
      ['cause', false],
      ['kind', true],
      ['phase', true],
      ['pod', true],
    ])
    expect(report.verdict).toBe('failed')
  })
  test('failures that are allowed leave the run passed', () => {
    expect(run(FAILED, threshold('failures', { operator: '<=', value: 2 })).verdict).toBe('passed')
  })
  test('without a threshold on failures none is allowed', () => {
    const report = run(
      FAILED,
      threshold('http_req_duration', { aggregation: { percentile: 99 }, operator: '<', value: 60_000 }),
    )
    expect(report.verdict).toBe('failed')
    expect(report.reasons[0]?.id).toBe('failures count==0')
  })
  test('harness is the sum of the guards', () => {
    expect(
      run('f2-name-not-resolved', threshold('failures', { tags: { cause: 'harness' } })).reasons[0]?.holds,
    ).toBe(false)
  })
})

describe('other thresholds', () => {
  const none = threshold('failures', {})
  test('latency by phase, rollout duration and drops', () => {
    const report = run(
      'clean-run',
      none,
      threshold('http_req_duration', {
        text: 'p99',
        tags: { phase: 'rollout' },
        aggregation: { percentile: 99 },
        operator: '<',
        value: 300,
      }),
      threshold('http_req_duration', { text: 'max', aggregation: 'max', operator: '<', value: 5 }),
      threshold('rollout_duration', { text: 'long', aggregation: 'max', operator: '<', value: 10_000 }),
      threshold('dropped', { text: 'dropped' }),
    )
    expect(report.reasons.slice(1, 5).map(({ id, holds }) => [id, holds])).toEqual([
      ['p99', true],
      ['max', false],
      ['long', true],
      ['dropped', true],
    ])
    expect(report.verdict).toBe('failed')
  })
  test('what cannot be computed is not shown, so the run is inconclusive', () => {
    const report = run(
      'clean-run',
      none,
      threshold('outage_ms', { aggregation: 'value', operator: '<', value: 100 }),
    )
    expect(report.reasons[1]?.holds).toBeNull()
    expect(report.verdict).toBe('inconclusive')
    expect(
      run('clean-run', none, threshold('http_req_duration', { tags: { phase: 'steady' } })).verdict,
    ).toBe('inconclusive')
  })
})

test('all operators of the grammar', () => {
  const is = (operator: Threshold['operator'], value: number) =>
    satisfies(value, threshold('failures', { operator, value: 5 }))
  expect([is('<', 4), is('<=', 5), is('>', 6), is('>=', 5), is('==', 5), is('!=', 4)]).toEqual(
    Array(6).fill(true),
  )
  expect([is('<', 5), is('<=', 6), is('>', 5), is('>=', 4), is('==', 4), is('!=', 5)]).toEqual(
    Array(6).fill(false),
  )
})
