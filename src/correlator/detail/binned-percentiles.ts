import { percentile } from '../statistics/percentile.ts'

/** So many values are sorted at once, 8 bytes each. */
const MOST_VALUES = 1_000_000

/**
 * p50 and p99 of each bin, exact: values are laid out bin by bin in one array and sorted in place, for as many bins at a
 * time as hold {@link MOST_VALUES}; a larger bin is taken alone.
 * @param counts how many values each bin will get
 * @param each calls back with bin and value, exactly `counts[bin]` times for each bin; called once for each such group of bins
 */
export const binnedPercentiles = (
  counts: Uint32Array,
  each: (give: (bin: number, value: number) => void) => void,
  most = MOST_VALUES,
): { readonly p50: (number | null)[]; readonly p99: (number | null)[] } => {
  const p50: (number | null)[] = []
  const p99: (number | null)[] = []
  for (let from = 0; from < counts.length; ) {
    let to = from
    let size = 0
    while (to < counts.length && (to === from || size + (counts[to] ?? 0) <= most)) size += counts[to++] ?? 0
    const first = from
    const offsets = new Uint32Array(to - first + 1)
    for (let bin = first; bin < to; bin++)
      offsets[bin - first + 1] = (offsets[bin - first] ?? 0) + (counts[bin] ?? 0)
    const next = offsets.slice()
    const values = new Float64Array(size)
    if (size > 0)
      each((bin, value) => {
        if (bin < first || bin >= to) return
        const at = next[bin - first] ?? 0
        values[at] = value
        next[bin - first] = at + 1
      })
    for (let bin = 0; bin < to - first; bin++) {
      const own = values.subarray(offsets[bin], offsets[bin + 1]).sort()
      p50.push(rounded(percentile(own, 50)))
      p99.push(rounded(percentile(own, 99)))
    }
    from = to
  }
  return { p50, p99 }
}

const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value))
