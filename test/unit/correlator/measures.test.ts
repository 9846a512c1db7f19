import { describe, expect, test } from 'vitest'
import { correlate } from '../../../src/correlator/correlate.ts'
import { hiddenDamage } from '../../../src/correlator/hidden.ts'
import { covers, intersectionOf, lengthMs, unionOf } from '../../../src/correlator/interval.ts'
import { outageOf } from '../../../src/correlator/outage.ts'
import { perSecond } from '../../../src/correlator/per-second.ts'
import { effectivePreStopMs, sigtermOf } from '../../../src/correlator/pod-line.ts'
import { buildWorld } from '../../../src/correlator/world.ts'
import { rowsOfColumns } from '../../../src/model/request-rows.ts'
import { columnsOf, type Row, readStory } from '../../support/story.ts'
import { StoryBuilder } from '../../support/story-builder.ts'

const probe = (source: 'fresh' | 'reused', atMs: number, outcome: 'ok' | 'failed', id: number): Row => ({
  requestId: id,
  source,
  startUs: atMs * 1000,
  endUs: (atMs + 5) * 1000,
  outcome,
  kind: outcome === 'failed' ? 'connect-refused' : null,
})

const rowsOf = (rows: readonly Row[]) => rowsOfColumns(columnsOf(rows))

describe('spans', () => {
  test('unions merge, intersections keep what both have', () => {
    const a = unionOf([
      { fromMs: 5, toMs: 9 },
      { fromMs: 0, toMs: 3 },
      { fromMs: 2, toMs: 4 },
    ])
    expect(a).toEqual([
      { fromMs: 0, toMs: 4 },
      { fromMs: 5, toMs: 9 },
    ])
    const both = intersectionOf(a, [{ fromMs: 3, toMs: 6 }])
    expect(both).toEqual([
      { fromMs: 3, toMs: 4 },
      { fromMs: 5, toMs: 6 },
    ])
    expect(lengthMs(both)).toBe(2)
    expect([covers(a, 4), covers(a, 4.5), covers(a, 5)]).toEqual([true, false, true])
  })
})

describe('outage as time', () => {
  test('from a failed probe to the next good one; any is the union over paths, all what they have in common', () => {
    const outage = outageOf(
      rowsOf([
        probe('fresh', 0, 'ok', 1),
        probe('fresh', 100, 'failed', 2),
        probe('fresh', 200, 'failed', 3),
        probe('fresh', 300, 'ok', 4),
        probe('reused', 0, 'ok', 5),
        probe('reused', 250, 'failed', 6),
        probe('reused', 450, 'ok', 7),
      ]),
    )
    expect(outage).toMatchObject({ anyMs: 350, allMs: 50, longestMs: 350 })
  })
  test('without probes there is none to speak of', () => {
    expect(outageOf(rowsOf([]))).toBeNull()
  })
  test('a path that fails until the end lasts until its last probe ended', () => {
    expect(outageOf(rowsOf([probe('fresh', 0, 'ok', 1), probe('fresh', 100, 'failed', 2)]))?.anyMs).toBe(5)
  })
})

test('per second, starts and failures count when exposed, good answers when they came', () => {
  const row = (id: number, startMs: number, endMs: number, outcome: string): Row => ({
    requestId: id,
    source: 'vuser',
    startUs: startMs * 1000,
    endUs: endMs * 1000,
    outcome,
  })
  const windows = perSecond(
    rowsOf([
      row(1, 100, 1100, 'ok'),
      row(2, 200, 2500, 'failed'),
      row(3, 1200, 1300, 'ok'),
      row(4, 2100, 2200, 'cut'),
    ]),
    3000,
  )
  expect(windows).toEqual({
    started: [2, 1, 1],
    ok: [0, 2, 0],
    failed: [1, 0, 0],
    p50Us: [null, 100_000, null],
    p99Us: [null, 1_000_000, null],
  })
})

describe('hidden damage', () => {
  test('a success that took a retry longer than usual in a rollout counts, elsewhere and short ones do not', () => {
    const s = new StoryBuilder('hidden', { endMs: 24_000 })
    s.pod('old-a')
      .pod('new-a', 11_900)
      .ends('old-a', { at: 12_000 })
      .rollout(10_000, ['old-a'], 13_000, 13_100)
    s.traffic(200, 9900, 100, ['old-a'])
    s.ok(12_500, 'new-a', { took: 5020 })
      .ok(12_600, 'new-a', { took: 400 })
      .ok(20_000, 'new-a', { took: 5000 })
    const { info, events, rows } = s.finish()
    const world = buildWorld({ info, events, columns: columnsOf(rows), torn: null, problems: [] })
    expect(hiddenDamage(world.requests, world.timeline)).toMatchObject({ count: 1 })
  })
})

describe('SIGTERM', () => {
  const settings = readStory('clean-run').info.cluster?.deployment.settings ?? null
  test('the hook holds it back for min(preStop, grace), unless it failed', () => {
    if (settings === null) throw new Error('the story has no settings')
    const sleep = (seconds: number) => ({ ...settings, preStop: { kind: 'sleep' as const, seconds } })
    expect(effectivePreStopMs(sleep(5), 30, false)).toEqual({ minMs: 5000, maxMs: 5000 })
    expect(effectivePreStopMs(sleep(60), 30, false)).toEqual({ minMs: 30_000, maxMs: 30_000 })
    expect(effectivePreStopMs(sleep(5), 30, true)).toEqual({ minMs: 0, maxMs: 0 })
    expect(effectivePreStopMs(null, 30, false)).toEqual({ minMs: 0, maxMs: 30_000 })
  })
  test('it never came after the exit, nor before the termination', () => {
    const term = { earliest: 100, latest: 200 }
    expect(sigtermOf(term, { minMs: 0, maxMs: 0 }, { earliest: 150, latest: 400 })).toEqual({
      earliest: 100,
      latest: 400,
    })
    expect(sigtermOf(term, { minMs: 0, maxMs: 0 }, null)).toEqual({ earliest: 100, latest: 1200 })
  })
})

describe('measured drain', () => {
  const drained = (plan: { preStop?: number; direct?: boolean }): ReturnType<typeof correlate>['report'] => {
    const s = new StoryBuilder('drain', { endMs: 30_000 })
    const pod = { preStop: plan.preStop ?? 0 }
    s.pod('old-a', 0, pod).pod('old-b', 0, pod).pod('new-a', 11_900, pod)
    const exit = 12_000 + (plan.preStop ?? 0) * 1000 + 300
    s.ends('old-a', { at: 12_000, exit, code: 0 }).rollout(10_000, ['old-a'], 13_000, exit + 900)
    s.traffic(200, 12_850, 20, ['old-a', 'old-b'], { direct: plan.direct ?? false, fresh: true })
    s.traffic(12_860, 29_000, 20, ['old-b', 'new-a'], { direct: plan.direct ?? false, fresh: true })
    const { info, events, rows } = s.finish()
    return correlate({ info, events, columns: columnsOf(rows), torn: null, problems: [] }).report
  }
  test('with a preStop longer than the propagation, the last new connection measures it', () => {
    const { drain } = drained({ preStop: 5 })
    expect(drain?.newConnections).toMatchObject({ n: 1, censored: 0 })
    expect(drain?.newConnections.maxMs).toBeGreaterThan(700)
    expect(drain?.newConnections.maxMs).toBeLessThan(900)
    expect(drain?.recommendation?.preStopSeconds).toBe(5)
    expect(drain?.recommendation?.because).toContain('the present preStop of 5 s covers it')
  })
  test('without a preStop it is a lower bound only, and the recommendation says so', () => {
    const { drain } = drained({})
    expect(drain?.newConnections.censored).toBe(1)
    expect(drain?.recommendation?.preStopSeconds).toBe(10)
    expect(drain?.recommendation?.because).toContain('a lower bound only')
  })
  test('failed attempts show that traffic still came', () => {
    const { report } = correlate(readStory('a1-address-names-the-pod'))
    expect(report.drain?.newConnections.maxMs).toBeGreaterThan(2300)
    expect(report.drain?.recommendation?.patch).toMatch(
      /terminationGracePeriodSeconds: \d+\n {6}containers:\n {8}- name: "app"\n/,
    )
  })
  test('nothing matched to an ending pod, nothing recommended, with the reason', () => {
    const story = readStory('clean-run')
    const columns = { ...story.columns, pod: story.columns.pod.map(() => 0) }
    const { report } = correlate({ ...story, columns })
    expect(report.drain?.recommendation).toBeNull()
    expect(report.limitations.join(' ')).toContain('No preStop is recommended')
  })
})

test('10,000 failures among 300,000 rows are judged in seconds', () => {
  const story = readStory('a1-address-names-the-pod')
  const base = Array.from({ length: 300_000 }, (_, i): Row => {
    const at = 200_000 + i * 80
    const fails = i % 30 === 0
    return {
      requestId: i + 1,
      source: 'vuser',
      vu: i % 300,
      phase: 'rollout',
      rollout: 1,
      template: 'home',
      intendedUs: at,
      startUs: at,
      endUs: at + 1000,
      outcome: fails ? 'failed' : 'ok',
      kind: fails ? 'connect-refused' : null,
      requestsOnConnection: fails ? 0 : 3,
      connectionId: i % 300,
      remoteAddress: fails ? '10.244.1.2' : '10.244.1.3',
      pod: fails ? null : 'new-a',
    }
  })
  const columns = columnsOf(base)
  const before = process.threadCpuUsage()
  const { report, findings } = correlate({ ...story, columns })
  expect(findings.length).toBeGreaterThanOrEqual(10_000)
  expect(report.failureList.length).toBe(10_000)
  // Time on the processor: what is quadratic would take minutes.
  const { user, system } = process.threadCpuUsage(before)
  expect(user + system).toBeLessThan(20_000_000)
})
