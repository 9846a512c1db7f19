import type { Windows } from '../model/finding.ts'
import type { RequestColumns } from '../model/request-columns.ts'
import { FAILED, OK, VUSER } from './codes.ts'
import { binnedPercentiles } from './detail/binned-percentiles.ts'

/** A run longer than this is not drawn second by second: its chart would not be read, and its report not be sent. */
const MOST_SECONDS = 86_400

/**
 * vUser requests per second of the run. Starts and failures count in the second in which the request started, because
 * a failure belongs to when it was exposed; good answers and their latency in the second in which they came.
 */
export const perSecond = (columns: RequestColumns, endMs: number): Windows => {
  const seconds = Math.min(MOST_SECONDS, Math.max(0, Math.ceil(endMs / 1000)))
  const started = new Uint32Array(seconds)
  const ok = new Uint32Array(seconds)
  const failed = new Uint32Array(seconds)
  const secondOf = (us: number | undefined): number => Math.max(0, Math.floor((us ?? 0) / 1e6))
  const add = (counts: Uint32Array, second: number): void => {
    if (second < seconds) counts[second] = (counts[second] ?? 0) + 1
  }
  for (let i = 0; i < columns.length; i++) {
    if (columns.source[i] !== VUSER) continue
    const start = secondOf(columns.startUs[i])
    add(started, start)
    if (columns.outcome[i] === OK) add(ok, secondOf(columns.endUs[i]))
    else if (columns.outcome[i] === FAILED) add(failed, start)
  }
  const { p50, p99 } = binnedPercentiles(ok, (give) => {
    for (let i = 0; i < columns.length; i++) {
      if (columns.source[i] !== VUSER || columns.outcome[i] !== OK) continue
      const second = secondOf(columns.endUs[i])
      if (second < seconds) give(second, (columns.endUs[i] ?? 0) - (columns.startUs[i] ?? 0))
    }
  })
  return { started: [...started], ok: [...ok], failed: [...failed], p50Us: p50, p99Us: p99 }
}
