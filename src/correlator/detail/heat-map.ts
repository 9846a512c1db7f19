import type { HeatMap } from '../../model/detail.ts'
import type { RequestRows } from '../../model/request-rows.ts'
import { OK, VUSER } from '../codes.ts'
import { binCount, binWidthMs } from './bins.ts'

const MOST_COLUMNS = 160

/** 100 µs to 60 s, six steps a decade: 1, 1.5, 2.2, 3.3, 4.7, 6.8 (the E6 series). */
export const HEAT_EDGES_US: readonly number[] = [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000].flatMap(
  (decade) => [1, 1.5, 2.2, 3.3, 4.7, 6.8].map((step) => Math.round(decade * step)),
)

const rowOf = (us: number): number => {
  let low = 0
  let high = HEAT_EDGES_US.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((HEAT_EDGES_US[middle] ?? 0) < us) low = middle + 1
    else high = middle
  }
  return low
}

/** Good answers of vUsers by when they came and how long they took from their intended start; `null` without any. */
export const heatMap = (requests: RequestRows, endMs: number): HeatMap | null => {
  const columnMs = binWidthMs(endMs, MOST_COLUMNS)
  const wide = binCount(endMs, columnMs)
  const rows = HEAT_EDGES_US.length + 1
  const counts = new Uint32Array(wide * rows)
  let any = false
  for (const block of requests.blocks('source', 'outcome', 'endUs', 'intendedUs')) {
    const { length, source, outcome, endUs, intendedUs } = block
    for (let i = 0; i < length; i++) {
      if (source[i] !== VUSER || outcome[i] !== OK) continue
      any = true
      const doneUs = endUs[i] ?? 0
      const column = Math.min(wide - 1, Math.max(0, Math.floor(doneUs / 1000 / columnMs)))
      const at = column * rows + rowOf(doneUs - (intendedUs[i] ?? 0))
      counts[at] = (counts[at] ?? 0) + 1
    }
  }
  return any ? { columnMs, edgesUs: HEAT_EDGES_US, counts: [...counts] } : null
}
