import type { Series } from '../../model/detail.ts'
import type { RequestRows } from '../../model/request-rows.ts'
import type { LoadPlan } from '../../model/scenario.ts'
import { FAILED, kindName, OK, VUSER } from '../codes.ts'
import { binnedPercentiles } from './binned-percentiles.ts'
import { binCount, binWidthMs, count } from './bins.ts'
import { inFlight } from './in-flight.ts'

/** Enough for a wide screen at any zoom that is worth drawing; 3,600 bins are 10 minutes at 250 ms, an hour at 1 s. */
const MOST_BINS = 3600

/** Requests per second that the plan asks for once everyone is there; `null` where the answers set the pace. */
export const plannedPerSec = (load: LoadPlan): number | null => {
  if (load.model === 'open') return load.ratePerSec
  return load.paceMs > 0 ? (load.vus * 1000) / load.paceMs : null
}

/** Counts, requests in flight and latency of vUser requests over the run. A few passes. */
export const seriesOf = (requests: RequestRows, endMs: number, load: LoadPlan): Series => {
  const binMs = binWidthMs(endMs, MOST_BINS)
  const bins = binCount(endMs, binMs)
  const started = new Uint32Array(bins)
  const intended = new Uint32Array(bins)
  const ok = new Uint32Array(bins)
  const failed = new Uint32Array(bins)
  const kinds = new Map<string, Map<number, number>>()
  const flying = inFlight(bins, binMs)
  const binOf = (ms: number): number => Math.min(bins - 1, Math.max(0, Math.floor(ms / binMs)))
  for (const block of requests.blocks('source', 'startUs', 'endUs', 'intendedUs', 'outcome', 'kind')) {
    for (let i = 0; i < block.length; i++) {
      if (block.source[i] !== VUSER) continue
      const startMs = (block.startUs[i] ?? 0) / 1000
      const doneMs = (block.endUs[i] ?? 0) / 1000
      count(started, startMs, binMs)
      count(intended, (block.intendedUs[i] ?? 0) / 1000, binMs)
      flying.add(startMs, doneMs)
      if (block.outcome[i] === OK) count(ok, doneMs, binMs)
      else if (block.outcome[i] === FAILED) {
        count(failed, startMs, binMs)
        const kind = kindName(block.kind[i] ?? 0)
        const own = kinds.get(kind) ?? new Map<number, number>()
        own.set(binOf(startMs), (own.get(binOf(startMs)) ?? 0) + 1)
        kinds.set(kind, own)
      }
    }
  }
  const { p50, p99 } = binnedPercentiles(ok, (give) => {
    for (const { length, source, outcome, endUs, intendedUs } of requests.blocks(
      'source',
      'outcome',
      'endUs',
      'intendedUs',
    )) {
      for (let i = 0; i < length; i++) {
        if (source[i] !== VUSER || outcome[i] !== OK) continue
        const doneUs = endUs[i] ?? 0
        give(binOf(doneUs / 1000), doneUs - (intendedUs[i] ?? 0))
      }
    }
  })
  return {
    binMs,
    started: [...started],
    intended: [...intended],
    ok: [...ok],
    failed: [...failed],
    failedByKind: Object.fromEntries(
      [...kinds]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([kind, own]) => [kind, [...own].sort(([a], [b]) => a - b).flat()]),
    ),
    inFlight: flying.means(),
    p50Us: p50,
    p99Us: p99,
    plannedPerSec: plannedPerSec(load),
  }
}
