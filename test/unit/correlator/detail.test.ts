import { expect, test } from 'vitest'
import { correlate } from '../../../src/correlator/correlate.ts'
import { binWidthMs } from '../../../src/correlator/detail/bins.ts'
import { HEAT_EDGES_US } from '../../../src/correlator/detail/heat-map.ts'
import { inFlight } from '../../../src/correlator/detail/in-flight.ts'
import { COLUMN_NAMES } from '../../../src/model/request-columns.ts'
import { type BigPlan, bigRun } from '../../support/big-run.ts'

const PLAN: BigPlan = {
  requests: 12_000,
  replicas: 4,
  rollouts: 2,
  durationMs: 60_000,
  failuresPerEnd: 12,
  vus: 40,
}
const input = bigRun(PLAN)
const { report, findings, detail } = correlate(input)
const all = detail()
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

test('a request gives each bin the share of it that it was under way for', () => {
  const flying = inFlight(4, 100)
  flying.add(50, 100)
  flying.add(-30, 25)
  flying.add(150, 450)
  flying.add(200, 200)
  expect(flying.means()).toEqual([0.75, 0.5, 1, 1])
})

test('in-flight over long spans is what a slow count says', () => {
  const spans = Array.from({ length: 60 }, (_, i) => [i * 13, i * 13 + ((i * 37) % 410)] as const)
  const flying = inFlight(10, 100)
  for (const [from, to] of spans) flying.add(from, to)
  const slow = Array.from({ length: 10 }, (_, bin) => {
    const ms = sum(
      spans.map(([from, to]) => Math.max(0, Math.min(to, (bin + 1) * 100) - Math.max(from, bin * 100))),
    )
    return Math.round(ms) / 100
  })
  expect(flying.means()).toEqual(slow)
})

test('bins are as fine as the number of them allows', () => {
  expect(binWidthMs(300_000, 3600)).toBe(250)
  expect(binWidthMs(3_600_000, 3600)).toBe(1000)
  expect(binWidthMs(86_400_000, 3600)).toBe(30_000)
  expect(binWidthMs(4000, 120, 20)).toBe(50)
})

test('the order of the rows makes no difference', () => {
  const turned = { ...input.columns }
  for (const name of COLUMN_NAMES) Object.assign(turned, { [name]: input.columns[name].slice().reverse() })
  const other = correlate({ ...input, columns: turned }).detail()
  expect(other).toEqual(all)
})

test('the series and the heat map hold every request of the run', () => {
  const { series, heat } = all
  expect(sum(series.started)).toBe(PLAN.requests)
  expect(sum(series.intended)).toBe(PLAN.requests)
  expect(sum(series.failed)).toBe(report.requests.failed)
  expect(sum(series.ok)).toBe(report.requests.ok)
  for (const [kind, pairs] of Object.entries(series.failedByKind))
    expect(sum(pairs.filter((_, i) => i % 2 === 1))).toBe(report.failures.byKind[kind])
  expect(sum(heat?.counts ?? [])).toBe(report.requests.ok)
  expect((heat?.counts.length ?? 1) % (HEAT_EDGES_US.length + 1)).toBe(0)
  expect(series.plannedPerSec).toBeCloseTo(200)
  const busy = sum(series.inFlight) * series.binMs
  const { columns } = input
  const exact = sum(
    Array.from(columns.endUs, (end, i) => (Math.min(end, 60_000_000) - (columns.startUs[i] ?? 0)) / 1000),
  )
  expect(Math.abs(busy - exact) / exact).toBeLessThan(0.01)
})

test('every failure has its facts, and its connection what it had carried before', () => {
  expect(findings.length).toBe(8 * 12)
  expect(all.failures.map(({ requestId }) => requestId)).toEqual(findings.map(({ requestId }) => requestId))
  for (const [i, one] of all.failures.entries()) {
    const verdict = findings[i]
    const shown = Math.min(3, verdict?.requestsOnConnection ?? 0)
    expect(one.history.length).toBe(shown)
    for (const prior of one.history) expect(prior.startedAtMs).toBeLessThan(verdict?.startedAtMs ?? 0)
    expect(one.seq).not.toBeNull()
  }
  expect(all.failures.some(({ history }) => history.length === 3)).toBe(true)
})

test('each pod that ended has its traffic around its termination; the last failed request is what preStop had to cover', () => {
  const ended = all.pods.filter(({ terminating }) => terminating !== null)
  expect(ended.length).toBe(8)
  for (const { drain, terminating, ready } of ended) {
    expect(drain).not.toBeNull()
    if (drain === null) continue
    expect(sum(drain.failed)).toBe(12)
    expect(sum(drain.requests)).toBeGreaterThanOrEqual(12)
    expect(drain.lastFailedMs).toBeGreaterThan(0)
    expect(drain.inFlight.length).toBe(drain.inVain.length)
    expect(drain.fromMs).toBeLessThan(terminating?.latestMs ?? 0)
    expect(sum(drain.inVain)).toBeGreaterThan(0)
    expect(ready?.latestMs).toBeLessThanOrEqual(terminating?.latestMs ?? 0)
  }
  expect(all.pods.map(({ uid }) => uid)).toEqual(report.pods.map(({ uid }) => uid))
})

test('endpoint and target states follow one another without repeats', () => {
  const { pods } = correlate(bigRun({ ...PLAN, targets: true })).detail()
  expect(pods[0]?.endpoint.map(({ state }) => state)).toEqual(['ready', 'serving', 'removed'])
  expect(pods[0]?.target.map(({ state }) => state)).toEqual(['healthy', 'draining'])
})

test('latency by pod age counts every answer once, and shows that young pods are slower', () => {
  const ages = report.latency.byPodAge ?? []
  expect(sum(ages.map(({ count }) => count))).toBe(report.requests.ok)
  const young = ages.find(({ fromMs }) => fromMs === 1000)
  const old = ages.find(({ fromMs }) => fromMs === null)
  expect(young?.p50Us ?? 0).toBeGreaterThan(2 * (old?.p50Us ?? Number.POSITIVE_INFINITY))
})

test('a restart says how many vUsers it hit', () => {
  for (const { index, vusersAffected } of report.rollouts)
    expect(vusersAffected).toBe(
      new Set(findings.filter(({ rollout }) => rollout === index).map(({ vu }) => vu)).size,
    )
})
