import type { Windows } from '../model/finding.ts'
import type { RequestRows } from '../model/request-rows.ts'
import { FAILED, OK, VUSER } from './codes.ts'
import { binnedPercentiles } from './detail/binned-percentiles.ts'

/** A run longer than this is not drawn second by second: its chart would not be read, and its report not be sent. */
const MOST_SECONDS = 86_400

/**
 * vUser requests per second of the run. Starts and failures count in the second in which the request started, because
 * a failure belongs to when it was exposed; good answers and their latency in the second in which they came.
 */
export const perSecond = (requests: RequestRows, endMs: number): Windows => {
  const seconds = Math.min(MOST_SECONDS, Math.max(0, Math.ceil(endMs / 1000)))
  const started = new Uint32Array(seconds)
  const ok = new Uint32Array(seconds)
  const failed = new Uint32Array(seconds)
  const secondOf = (us: number | undefined): number => Math.max(0, Math.floor((us ?? 0) / 1e6))
  const add = (counts: Uint32Array, second: number): void => {
    if (second < seconds) counts[second] = (counts[second] ?? 0) + 1
  }
  for (const block of requests.blocks('source', 'outcome', 'startUs', 'endUs')) {
    const { length, source, outcome, startUs, endUs } = block
    for (let i = 0; i < length; i++) {
      if (source[i] !== VUSER) continue
      const start = secondOf(startUs[i])
      add(started, start)
      if (outcome[i] === OK) add(ok, secondOf(endUs[i]))
      else if (outcome[i] === FAILED) add(failed, start)
    }
  }
  const { p50, p99 } = binnedPercentiles(ok, (give) => {
    for (const block of requests.blocks('source', 'outcome', 'startUs', 'endUs')) {
      const { length, source, outcome, startUs, endUs } = block
      for (let i = 0; i < length; i++) {
        if (source[i] !== VUSER || outcome[i] !== OK) continue
        const second = secondOf(endUs[i])
        if (second < seconds) give(second, (endUs[i] ?? 0) - (startUs[i] ?? 0))
      }
    }
  })
  return { started: [...started], ok: [...ok], failed: [...failed], p50Us: p50, p99Us: p99 }
}
