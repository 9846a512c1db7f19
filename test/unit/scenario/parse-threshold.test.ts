import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseThreshold } from '../../../src/scenario/parse-threshold.ts'

describe('a threshold in the grammar of k6', () => {
  test.each([
    [
      'failures',
      'count==0',
      { metric: 'failures', tags: {}, aggregation: 'count', operator: '==', value: 0 },
    ],
    ['failures', ' rate < 0.01 ', { aggregation: 'rate', operator: '<', value: 0.01 }],
    ['failures', 'count===0', { aggregation: 'count', operator: '==', value: 0 }],
    [
      'failures{kind:reset,phase:rollout}',
      'count<=5',
      { tags: { kind: 'reset', phase: 'rollout' }, operator: '<=', value: 5 },
    ],
    ['failures{cause:A1}', 'count!=3', { tags: { cause: 'A1' }, operator: '!=' }],
    ['failures{ pod : web-1 }', 'count>=0', { tags: { pod: 'web-1' }, operator: '>=' }],
    [
      'http_req_duration{phase:rollout}',
      'p(99)<300',
      { metric: 'http_req_duration', aggregation: { percentile: 99 }, operator: '<', value: 300 },
    ],
    ['http_req_duration', 'p(99.9) < 1e3', { aggregation: { percentile: 99.9 }, value: 1000 }],
    ['http_req_duration', 'avg<2.5', { aggregation: 'avg', value: 2.5 }],
    ['http_req_duration', 'med>.5', { aggregation: 'med', operator: '>', value: 0.5 }],
    ['outage_ms', 'value<500', { metric: 'outage_ms', aggregation: 'value' }],
    ['dropped', 'count<1', { metric: 'dropped' }],
    ['rollout_duration', 'max<60000', { metric: 'rollout_duration', aggregation: 'max', value: 60_000 }],
  ])('%s: %s', (metric, expression, expected) => {
    expect(parseThreshold(metric, expression)).toMatchObject(expected)
  })

  test('keeps the text as it was written', () => {
    expect(parseThreshold('failures', ' count==0')).toMatchObject({ text: 'failures: count==0' })
  })
})

describe('what is wrong is said, with the place in the text', () => {
  test.each([
    ['failures', 'count=0', 'expression', 5, 'expected one of === == != <= >= < >, got "=0"'],
    ['failures', 'count', 'expression', 5, 'expected a comparison such as count==0, got "count"'],
    ['failures', '', 'expression', 0, 'expected a comparison such as count==0, got ""'],
    [
      'failures',
      'rate<1%',
      'expression',
      5,
      'expected a number after <, got "1%"; a rate is a share, 0.01 for 1 %',
    ],
    ['failures', 'avg<3', 'expression', 0, 'expected count, rate of failures, got "avg"'],
    [
      'failures',
      'cuont==0',
      'expression',
      0,
      'expected count, rate of failures, got "cuont"; did you mean count?',
    ],
    [
      'http_req_duration',
      'p(99)<300ms',
      'expression',
      6,
      'expected a number after <, got "300ms"; the unit is ms and is not written',
    ],
    ['http_req_duration', 'p(101)<3', 'expression', 2, 'expected a percentile from 0 to 100, got 101'],
    [
      'http_req_duration',
      'p99<3',
      'expression',
      0,
      'expected avg, min, med, max, p(N) of http_req_duration, got "p99"',
    ],
    [
      'http_req_duration',
      'max<',
      'expression',
      4,
      'expected a number after <, got ""; the unit is ms and is not written',
    ],
    [
      'http_req_duration',
      'max<1e999',
      'expression',
      4,
      'expected a number after <, got "1e999"; the unit is ms and is not written',
    ],
    [
      'http_req_duratoin',
      'max<3',
      'metric',
      0,
      '"http_req_duratoin" is no metric; known are failures, http_req_duration, outage_ms, dropped, rollout_duration; did you mean http_req_duration?',
    ],
    [
      'failures{phase:rolout}',
      'count==0',
      'metric',
      15,
      'tag phase: values of phase are preflight, self-test, baseline, rollout, settle, recovery, steady, end, got "rolout"; did you mean rollout?',
    ],
    ['failures{phase=rollout}', 'count==0', 'metric', 9, 'expected a tag as name:value, got "phase=rollout"'],
    ['failures{phase:rollout', 'count==0', 'metric', 22, 'expected } at the end of the tags'],
    [
      'failures{pods:x}',
      'count==0',
      'metric',
      9,
      '"pods" is no tag here; tags of failures are cause, kind, phase, pod; did you mean pod?',
    ],
    ['outage_ms{phase:rollout}', 'value<1', 'metric', 10, '"phase" is no tag here; outage_ms has no tags'],
    ['failures{pod:a,pod:b}', 'count==0', 'metric', 15, 'tag pod is given twice'],
  ])('%s: %s', (metric, expression, where, offset, message) => {
    expect(parseThreshold(metric, expression)).toEqual({ in: where, offset, message })
  })
})

test('any text is a threshold or an error whose place lies within the text', () => {
  const metric = fc.oneof(
    fc.string(),
    fc.constantFrom('failures', 'failures{phase:rollout}', 'http_req_duration{'),
  )
  const expression = fc.oneof(
    fc.string(),
    fc
      .tuple(fc.constantFrom('count', 'p(9', 'avg'), fc.constantFrom('<', '==', '!'), fc.string())
      .map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(metric, expression, (name, text) => {
      const read = parseThreshold(name, text)
      if (!('message' in read)) return
      expect(read.offset).toBeGreaterThanOrEqual(0)
      expect(read.offset).toBeLessThanOrEqual((read.in === 'metric' ? name : text).length)
    }),
  )
})
