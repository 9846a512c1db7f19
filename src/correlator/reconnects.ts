import type { RequestRows } from '../model/request-rows.ts'
import { VUSER } from './codes.ts'

/** How many vUser requests opened a connection, in bins of 100 ms. */
export interface Reconnects {
  /** New connections from `fromMs` to `toMs`, to the bin. */
  between(fromMs: number, toMs: number): number
}

const BIN_MS = 100

export const reconnects = (requests: RequestRows, endMs: number): Reconnects => {
  const bins = new Uint32Array(Math.max(1, Math.ceil(endMs / BIN_MS) + 1))
  for (const block of requests.blocks('source', 'requestsOnConnection', 'startUs')) {
    const { length, source, requestsOnConnection, startUs } = block
    for (let i = 0; i < length; i++) {
      if (source[i] !== VUSER || requestsOnConnection[i] !== 0) continue
      const bin = Math.floor((startUs[i] ?? 0) / 1000 / BIN_MS)
      if (bin >= 0 && bin < bins.length) bins[bin] = (bins[bin] ?? 0) + 1
    }
  }
  return {
    between: (fromMs, toMs) => {
      let sum = 0
      const last = Math.min(bins.length - 1, Math.floor(toMs / BIN_MS))
      for (let bin = Math.max(0, Math.floor(fromMs / BIN_MS)); bin <= last; bin++) sum += bins[bin] ?? 0
      return sum
    },
  }
}
