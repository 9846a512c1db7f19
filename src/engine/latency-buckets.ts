/**
 * Latency counts for the live window: log-linear buckets in µs, 32 to an octave, so that a percentile is within
 * 2 % of the truth. Fixed memory, reset by filling; the report's percentiles come from the rows instead.
 */
const SUB_BITS = 5
const SUB = 1 << SUB_BITS
const OCTAVES = 27
export const BUCKETS = OCTAVES * SUB

/** µs → bucket. Below 32 µs each µs has its own; the last bucket also holds all above. */
export const bucketOf = (latencyUs: number): number => {
  const value = latencyUs < 1 ? 0 : latencyUs > 0x7fffffff ? 0x7fffffff : latencyUs | 0
  if (value < SUB) return value
  const octave = 31 - Math.clz32(value) - SUB_BITS
  return Math.min(BUCKETS - 1, (octave + 1) * SUB + ((value >>> octave) & (SUB - 1)))
}

/** Middle of a bucket, in µs. */
export const bucketMiddleUs = (bucket: number): number => {
  if (bucket < SUB) return bucket
  const octave = Math.floor(bucket / SUB) - 1
  return ((SUB + (bucket % SUB)) * 2 ** octave * 2 + 2 ** octave) / 2
}

/** Value below which `ratio` (0–1) of the counted latencies lie, in µs; `null` when nothing was counted. */
export const percentileUs = (counts: Uint32Array, ratio: number): number | null => {
  let total = 0
  for (const count of counts) total += count
  if (total === 0) return null
  const wanted = Math.max(1, Math.ceil(total * ratio))
  let seen = 0
  for (let bucket = 0; bucket < counts.length; bucket++) {
    seen += counts[bucket] ?? 0
    if (seen >= wanted) return bucketMiddleUs(bucket)
  }
  return null
}
