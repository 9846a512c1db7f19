/** Mean number of requests under way in each bin, added up one request at a time. */
export interface InFlight {
  /** A request from `fromMs` to `toMs`, both since the start of the first bin. */
  add(fromMs: number, toMs: number): void
  means(): number[]
}

/**
 * Time-weighted: each request gives each bin the share of it that it was under way for. Requests that span many bins
 * cost no more than others, since whole bins are kept as differences.
 */
export const inFlight = (bins: number, binMs: number): InFlight => {
  const parts = new Float64Array(bins)
  const steps = new Int32Array(bins + 1)
  const endMs = bins * binMs
  const give = (bin: number, ms: number): void => {
    parts[bin] = (parts[bin] ?? 0) + ms
  }
  return {
    add: (fromMs, toMs) => {
      const from = Math.max(0, fromMs)
      const to = Math.min(endMs, toMs)
      if (to <= from) return
      const first = Math.floor(from / binMs)
      const last = Math.min(bins - 1, Math.floor(to / binMs))
      if (first === last) return give(first, to - from)
      give(first, (first + 1) * binMs - from)
      give(last, to - last * binMs)
      steps[first + 1] = (steps[first + 1] ?? 0) + 1
      steps[last] = (steps[last] ?? 0) - 1
    },
    means: () => {
      let whole = 0
      return Array.from(parts, (ms, bin) => {
        whole += steps[bin] ?? 0
        return Math.round((whole + ms / binMs) * 100) / 100
      })
    },
  }
}
