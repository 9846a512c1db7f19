import { percentile } from '../statistics/percentile.ts'

/**
 * p50 and p99 of each bin, exact: values are laid out bin by bin in one array, 8 bytes a value, and sorted in place.
 * @param counts how many values each bin will get
 * @param each calls back with bin and value, exactly `counts[bin]` times for each bin
 */
export const binnedPercentiles = (
  counts: Uint32Array,
  each: (give: (bin: number, value: number) => void) => void,
): { readonly p50: (number | null)[]; readonly p99: (number | null)[] } => {
  const offsets = new Uint32Array(counts.length + 1)
  for (let bin = 0; bin < counts.length; bin++) offsets[bin + 1] = (offsets[bin] ?? 0) + (counts[bin] ?? 0)
  const next = offsets.slice()
  const values = new Float64Array(offsets[counts.length] ?? 0)
  each((bin, value) => {
    const at = next[bin] ?? 0
    values[at] = value
    next[bin] = at + 1
  })
  const p50: (number | null)[] = []
  const p99: (number | null)[] = []
  for (let bin = 0; bin < counts.length; bin++) {
    const own = values.subarray(offsets[bin], offsets[bin + 1]).sort()
    p50.push(rounded(percentile(own, 50)))
    p99.push(rounded(percentile(own, 99)))
  }
  return { p50, p99 }
}

const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value))
