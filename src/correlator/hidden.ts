import type { HiddenRequest } from '../model/detail.ts'
import type { RequestRows } from '../model/request-rows.ts'
import { OK, VUSER } from './codes.ts'
import { covers, type Span, unionOf } from './interval.ts'
import { percentile } from './statistics/percentile.ts'
import { engineStalls, type Timeline } from './timeline.ts'

/** A lost SYN is sent again after 1 s (RFC 6298), a proxy's connect time-out is rarely below: less is no retry. */
const RETRY_MS = 900
/** A template that is this slow without a rollout cannot show a retry by its latency. */
const TIMES = 3

const HIDDEN_COLUMNS = [
  'requestId',
  'source',
  'vu',
  'rollout',
  'template',
  'startUs',
  'connectedUs',
  'endUs',
  'outcome',
  'requestsOnConnection',
  'pod',
] as const

export interface HiddenDamage {
  readonly count: number
  readonly rows: readonly HiddenRequest[]
  /** Fewest and most ms that such a request took beyond what is usual; `null` without any. */
  readonly extraMs: { readonly min: number; readonly max: number } | null
}

/**
 * Requests that succeeded, but only after a connect that had to be tried again or a proxy's retry: in a rollout window,
 * and slower than the template's own baseline by at least one retry. `null` baseline → nothing is claimed.
 */
export const hiddenDamage = (requests: RequestRows, timeline: Timeline): HiddenDamage => {
  const windows = unionOf(timeline.rollouts.map(({ window }) => window))
  const before = timeline.rollouts[0]?.requestedAtMs ?? null
  if (before === null || windows.length === 0) return { count: 0, rows: [], extraMs: null }
  const usual = usualMs(requests, before)
  const stalled = unionOf(engineStalls(timeline))
  const rows: HiddenRequest[] = []
  let min = Number.POSITIVE_INFINITY
  let max = 0
  for (const block of requests.blocks(...HIDDEN_COLUMNS)) {
    for (let i = 0; i < block.length; i++) {
      if (block.source[i] !== VUSER || block.outcome[i] !== OK) continue
      const startMs = (block.startUs[i] ?? 0) / 1000
      const endMs = (block.endUs[i] ?? 0) / 1000
      const tookMs = endMs - startMs
      if (tookMs < RETRY_MS || !covers(windows, startMs)) continue
      const connectedUs = block.connectedUs[i] ?? -1
      const fresh = block.requestsOnConnection[i] === 0
      const slowConnect = fresh && connectedUs >= 0 && connectedUs / 1000 - startMs >= RETRY_MS
      const normal = usual.get(block.template[i] ?? 0)
      const slowAnswer = normal !== undefined && tookMs >= normal + RETRY_MS && tookMs >= normal * TIMES
      if (!slowConnect && !slowAnswer) continue
      if (covers(stalled, startMs) || covers(stalled, endMs) || touches(stalled, startMs, endMs)) continue
      rows.push({
        requestId: block.requestId[i] ?? 0,
        startedAtMs: startMs,
        tookMs: ((block.endUs[i] ?? 0) - (block.startUs[i] ?? 0)) / 1000,
        vu: block.vu[i] ?? 0,
        template: requests.strings[block.template[i] ?? 0] ?? '',
        pod: requests.strings[block.pod[i] ?? 0] || null,
        rollout: block.rollout[i] || null,
      })
      const extra = tookMs - (normal ?? 0)
      min = Math.min(min, extra)
      max = Math.max(max, extra)
    }
  }
  return { count: rows.length, rows, extraMs: rows.length === 0 ? null : { min, max } }
}

/** A stall that is a good part of the extra time explains it. */
const touches = (stalls: readonly Span[], fromMs: number, toMs: number): boolean =>
  stalls.some(
    (stall) => stall.fromMs < toMs && stall.toMs > fromMs && stall.toMs - stall.fromMs >= RETRY_MS / 2,
  )

/** p99.9 of good answers before the first restart, by template, ms. Two passes; memory 8 bytes per such answer. */
const usualMs = (requests: RequestRows, beforeMs: number): Map<number, number> => {
  const each = (visit: (template: number, tookUs: number) => void): void => {
    for (const block of requests.blocks('source', 'outcome', 'template', 'startUs', 'endUs')) {
      const { length, source, outcome, template, startUs, endUs } = block
      for (let i = 0; i < length; i++) {
        const end = endUs[i] ?? 0
        if (source[i] !== VUSER || outcome[i] !== OK || end / 1000 >= beforeMs) continue
        visit(template[i] ?? 0, end - (startUs[i] ?? 0))
      }
    }
  }
  const counts = new Map<number, number>()
  each((template) => counts.set(template, (counts.get(template) ?? 0) + 1))
  const books = new Map(
    [...counts].map(([template, count]) => [template, { values: new Float64Array(count), next: 0 }]),
  )
  each((template, tookUs) => {
    const book = books.get(template)
    if (book !== undefined) book.values[book.next++] = tookUs / 1000
  })
  return new Map([...books].map(([template, { values }]) => [template, percentile(values.sort(), 99.9) ?? 0]))
}
