import type { RequestColumns } from '../model/request-columns.ts'
import { OK, VUSER } from './codes.ts'
import { covers, type Span, unionOf } from './interval.ts'
import { percentile } from './statistics/percentile.ts'
import { engineStalls, type Timeline } from './timeline.ts'

/** A lost SYN is sent again after 1 s (RFC 6298), a proxy's connect time-out is rarely below: less is no retry. */
const RETRY_MS = 900
/** A template that is this slow without a rollout cannot show a retry by its latency. */
const TIMES = 3

export interface HiddenDamage {
  readonly count: number
  /** Indexes of their rows. */
  readonly rows: readonly number[]
  /** Fewest and most ms that such a request took beyond what is usual; `null` without any. */
  readonly extraMs: { readonly min: number; readonly max: number } | null
}

/**
 * Requests that succeeded, but only after a connect that had to be tried again or a proxy's retry: in a rollout window,
 * and slower than the template's own baseline by at least one retry. `null` baseline → nothing is claimed.
 */
export const hiddenDamage = (columns: RequestColumns, timeline: Timeline): HiddenDamage => {
  const windows = unionOf(timeline.rollouts.map(({ window }) => window))
  const before = timeline.rollouts[0]?.requestedAtMs ?? null
  if (before === null || windows.length === 0) return { count: 0, rows: [], extraMs: null }
  const usual = usualMs(columns, before)
  const stalled = unionOf(engineStalls(timeline))
  const rows: number[] = []
  let min = Number.POSITIVE_INFINITY
  let max = 0
  for (let i = 0; i < columns.length; i++) {
    if (columns.source[i] !== VUSER || columns.outcome[i] !== OK) continue
    const startMs = (columns.startUs[i] ?? 0) / 1000
    const endMs = (columns.endUs[i] ?? 0) / 1000
    const tookMs = endMs - startMs
    if (tookMs < RETRY_MS || !covers(windows, startMs)) continue
    const connectedUs = columns.connectedUs[i] ?? -1
    const fresh = columns.requestsOnConnection[i] === 0
    const slowConnect = fresh && connectedUs >= 0 && connectedUs / 1000 - startMs >= RETRY_MS
    const normal = usual.get(columns.template[i] ?? 0)
    const slowAnswer = normal !== undefined && tookMs >= normal + RETRY_MS && tookMs >= normal * TIMES
    if (!slowConnect && !slowAnswer) continue
    if (covers(stalled, startMs) || covers(stalled, endMs) || touches(stalled, startMs, endMs)) continue
    rows.push(i)
    const extra = tookMs - (normal ?? 0)
    min = Math.min(min, extra)
    max = Math.max(max, extra)
  }
  return { count: rows.length, rows, extraMs: rows.length === 0 ? null : { min, max } }
}

/** A stall that is a good part of the extra time explains it. */
const touches = (stalls: readonly Span[], fromMs: number, toMs: number): boolean =>
  stalls.some(
    (stall) => stall.fromMs < toMs && stall.toMs > fromMs && stall.toMs - stall.fromMs >= RETRY_MS / 2,
  )

/** p99.9 of good answers before the first restart, by template, ms. */
const usualMs = (columns: RequestColumns, beforeMs: number): Map<number, number> => {
  const values = new Map<number, number[]>()
  for (let i = 0; i < columns.length; i++) {
    if (
      columns.source[i] !== VUSER ||
      columns.outcome[i] !== OK ||
      (columns.endUs[i] ?? 0) / 1000 >= beforeMs
    )
      continue
    const template = columns.template[i] ?? 0
    const list = values.get(template)
    const tookMs = ((columns.endUs[i] ?? 0) - (columns.startUs[i] ?? 0)) / 1000
    if (list === undefined) values.set(template, [tookMs])
    else list.push(tookMs)
  }
  return new Map(
    [...values].map(([template, list]) => [
      template,
      percentile(
        list.sort((a, b) => a - b),
        99.9,
      ) ?? 0,
    ]),
  )
}
