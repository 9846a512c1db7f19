import type { PodAgeLatency } from '../model/finding.ts'
import type { RequestRows } from '../model/request-rows.ts'
import { OK, VUSER } from './codes.ts'
import { newPhaseLatency, type PhaseLatency, record, summaryOf } from './latency.ts'
import { POD_COLUMNS, type RowPods } from './row-pods.ts'

/** Ages at which a new class begins, ms since Ready; the last one is open. */
const FROM_MS = [0, 1000, 2000, 5000, 10_000, 30_000, 60_000] as const

/**
 * Latency of vUsers' good answers by how long the pod had been Ready when the request started: a cold pod shows here.
 * Pods that were Ready before the run are a class of their own. Classes without an answer are absent; empty when no
 * answer can be given to a pod.
 */
export const latencyByPodAge = (requests: RequestRows, podOf: RowPods): PodAgeLatency[] => {
  const classes = new Map<number | null, PhaseLatency>()
  for (const block of requests.blocks(...POD_COLUMNS, 'source', 'endUs', 'intendedUs')) {
    for (let i = 0; i < block.length; i++) {
      if (block.source[i] !== VUSER || block.outcome[i] !== OK) continue
      const line = podOf(block, i)
      if (line === null) continue
      const startUs = block.startUs[i] ?? 0
      const key = classOf(line.ready?.latest ?? null, startUs / 1000)
      const books = classes.get(key) ?? newPhaseLatency()
      classes.set(key, books)
      const endUs = block.endUs[i] ?? 0
      record(books, endUs - startUs, endUs - (block.intendedUs[i] ?? 0))
    }
  }
  return [...FROM_MS, null].flatMap((fromMs, i) => {
    const books = classes.get(fromMs)
    if (books === undefined) return []
    return [{ fromMs, toMs: fromMs === null ? null : (FROM_MS[i + 1] ?? null), ...summaryOf(books) }]
  })
}

/** What a pod answered before we saw it Ready counts as its first second. */
const classOf = (readyMs: number | null, startMs: number): number | null => {
  if (readyMs === null || readyMs <= 0) return null
  return FROM_MS.findLast((from) => startMs - readyMs >= from) ?? 0
}
