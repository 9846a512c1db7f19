import * as hdr from 'hdr-histogram-js'

const HIGHEST_US = 60_000_000

/** Latencies in µs, 1 µs to 60 s, three significant digits (HdrHistogram). */
export interface LatencyHistogram {
  readonly count: number
  /** Values outside 1 µs … 60 s are clamped; a value that is no number is refused with a RangeError. */
  record(latencyUs: number): void
  merge(other: LatencyHistogram): void
  /** `percentile` in 0–100; `null` when nothing was recorded. */
  valueAtUs(percentile: number): number | null
  readonly maxUs: number | null
  /** HdrHistogram V2, compressed, base64: merges exactly between workers and machines. */
  encode(): string
}

const wrap = (inner: hdr.Histogram): LatencyHistogram & { readonly inner: hdr.Histogram } => ({
  inner,
  get count() {
    return inner.totalCount
  },
  record: (latencyUs) => {
    if (!Number.isFinite(latencyUs)) throw new RangeError(`no latency: ${latencyUs}`)
    inner.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(latencyUs))))
  },
  merge: (other) => {
    inner.add((other as ReturnType<typeof wrap>).inner)
  },
  valueAtUs: (percentile) => (inner.totalCount === 0 ? null : inner.getValueAtPercentile(percentile)),
  get maxUs() {
    return inner.totalCount === 0 ? null : inner.maxValue
  },
  encode: () => hdr.encodeIntoCompressedBase64(inner),
})

export const createHistogram = (): LatencyHistogram =>
  wrap(
    hdr.build({
      bitBucketSize: 32,
      autoResize: false,
      lowestDiscernibleValue: 1,
      highestTrackableValue: HIGHEST_US,
      numberOfSignificantValueDigits: 3,
    }),
  )

/** Reads what {@link LatencyHistogram.encode} wrote. */
export const decodeHistogram = (base64: string): LatencyHistogram =>
  wrap(hdr.decodeFromCompressedBase64(base64, 32))
