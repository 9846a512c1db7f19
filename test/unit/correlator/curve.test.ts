import { describe, expect, test } from 'vitest'
import { correlate } from '../../../src/correlator/correlate.ts'
import { nextSumIntervals } from '../../../src/correlator/statistics/next-run.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import type { DrainCurve } from '../../../src/model/finding.ts'
import { columnsOf, type Row, readStory } from '../../support/story.ts'
import { StoryBuilder } from '../../support/story-builder.ts'

const TERMINATION = 12_000
/** The watch tells of a termination 50 ms late; moments since then. */
const since = (ms: number): number => TERMINATION + 50 + ms

const curveOf = (
  build: (s: StoryBuilder) => void,
  change: (rows: readonly Row[]) => readonly Row[] = (rows) => rows,
): DrainCurve | null | undefined => {
  const s = new StoryBuilder('curve', { endMs: 40_000 })
  build(s)
  const { info, events, rows } = s.finish()
  return correlate({ info, events, columns: columnsOf([...change(rows)]), torn: null, problems: [] }).report
    .drain?.curve
}

/** One old pod with a preStop of `preStop` s; `direct`: connections go to pod addresses. */
const pods = (s: StoryBuilder, preStop: number, direct: boolean): void => {
  const exit = TERMINATION + preStop * 1000 + 300
  s.pod('old-a', 0, { preStop }).pod('old-b', 0, { preStop }).pod('new-a', 11_900, { preStop })
  s.ends('old-a', { at: TERMINATION, exit, code: 0 }).rollout(10_000, ['old-a'], 13_000, exit + 900)
  s.traffic(200, 11_900, 50, ['old-a', 'old-b'], { direct, fresh: true })
  s.traffic(since(10), 39_000, 50, ['old-b', 'new-a'], { direct, fresh: true })
}

const expectedOf = (curve: DrainCurve | null | undefined): readonly number[] =>
  curve?.points.map(({ expected }) => expected) ?? []

describe('the curve of failures over preStop', () => {
  test('a request that came t after the termination would fail at each preStop below t, and at no other', () => {
    const curve = curveOf((s) => {
      pods(s, 15, false)
      for (const ms of [500, 1500, 1600, 4000, 9000]) s.ok(since(ms), 'old-a')
    })
    expect(curve?.points.map(({ preStopSeconds }) => preStopSeconds)).toEqual([0, 1, 2, 5, 10, 15, 30])
    expect(expectedOf(curve)).toEqual([5, 4, 2, 1, 0, 0, 0])
    expect(curve?.terminations).toBe(1)
  })
  test('a pod that stopped listening ends the support; beyond it the curve is a bound and says so', () => {
    const curve = curveOf((s) => {
      pods(s, 2, false)
      s.ok(since(500), 'old-a').ok(since(1500), 'old-a')
    })
    expect(curve?.support).toBeGreaterThan(1)
    expect(curve?.support).toBeLessThanOrEqual(2)
    const beyond = curve?.points.filter(({ preStopSeconds }) => preStopSeconds > 2) ?? []
    expect(beyond.every(({ extrapolated, low }) => extrapolated && low === 0)).toBe(true)
    const last = curve?.points.find(({ preStopSeconds }) => preStopSeconds === 1)
    expect(last?.extrapolated).toBe(false)
    expect(beyond.every(({ high }) => high <= (last?.high ?? 0))).toBe(true)
  })
  test('where addresses name the pod, attempts that were refused are arrivals as well', () => {
    const curve = curveOf((s) => {
      pods(s, 0, true)
      const expected = { cause: 'A1', mechanism: null, pod: 'old-a' }
      s.fail('connect-refused', { at: since(400), address: s.ip('old-a') }, expected)
      s.fail('connect-timeout', { at: since(2500), took: 3000, address: s.ip('old-a') }, expected)
    })
    expect(expectedOf(curve).slice(0, 4)).toEqual([2, 1, 1, 0])
    expect(curve?.support).toBeGreaterThan(15)
  })
  test('kept-alive connections are counted apart: they never feed the failures', () => {
    const curve = curveOf((s) => {
      pods(s, 15, false)
      for (const ms of [500, 6000, 14_000]) s.ok(since(ms), 'old-a', { reused: 3, connection: 900 })
      s.ok(since(1200), 'old-a', { reused: 2, connection: 901 })
    })
    expect(expectedOf(curve)).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(curve?.points.map(({ reused }) => reused)).toEqual([2, 2, 1, 1, 1, 0, 0])
  })
  test('it never rises, and each interval holds its estimate where there is one', () => {
    for (const name of ['a1-address-names-the-pod', 'clean-run', 'a2-prestop-shorter-than-the-news']) {
      const points = correlate(readStory(name)).report.drain?.curve?.points ?? []
      expect(points.length).toBe(7)
      for (const [i, point] of points.entries()) {
        const before = points[i - 1]
        if (before !== undefined) expect(point.expected).toBeLessThanOrEqual(before.expected)
        if (before !== undefined) expect(point.high).toBeLessThanOrEqual(before.high)
        expect(point.low).toBeLessThanOrEqual(point.high)
        if (!point.extrapolated) expect(point.expected).toBeGreaterThanOrEqual(point.low)
        if (!point.extrapolated) expect(point.expected).toBeLessThanOrEqual(point.high)
      }
    }
  })
  test('without a name or an address of a pod there is none', () => {
    const story = readStory('clean-run')
    const columns = { ...story.columns, pod: story.columns.pod.map(() => 0) }
    expect(correlate({ ...story, columns }).report.drain?.curve).toBeNull()
  })
})

describe('intervals for the next sum', () => {
  test('hold the sum of another sample about 95 times in 100', () => {
    const random = seededRandom(11)
    // Requests that reach a pod late: about 20 a second for as long as its news took.
    const draw = (): number => Math.round(random.next() * 5 * 20)
    let inside = 0
    for (let i = 0; i < 200; i++) {
      const seen = Array.from({ length: 24 }, () => [draw()])
      const next = Array.from({ length: 24 }, draw).reduce((a, b) => a + b, 0)
      const [interval] = nextSumIntervals(seen, 1, random)
      if (interval !== undefined && next >= interval.low && next <= interval.high) inside++
    }
    expect(inside).toBeGreaterThanOrEqual(180)
    expect(inside).toBeLessThanOrEqual(200)
  })
  test('nothing seen in n units still leaves three of them open', () => {
    const [interval] = nextSumIntervals(Array(20).fill([0]), 1, seededRandom(1))
    expect(interval).toEqual({ low: 0, high: 3 })
  })
  test('the same seed gives the same interval', () => {
    const values = [[3], [0], [8], [1]]
    expect(nextSumIntervals(values, 1, seededRandom(5))).toEqual(nextSumIntervals(values, 1, seededRandom(5)))
  })
})
