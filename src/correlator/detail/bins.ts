const STEPS_MS = [
  20, 50, 100, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
]

/** Width of the bins that make at most `most` of them over the run, ms; never below `least`. */
export const binWidthMs = (endMs: number, most: number, least = 250): number =>
  STEPS_MS.find((step) => step >= least && endMs / step <= most) ?? Math.ceil(endMs / most)

/** How many bins of `binMs` cover the run; at least one. */
export const binCount = (endMs: number, binMs: number): number => Math.max(1, Math.ceil(endMs / binMs))

/** Adds one to the bin that holds `atMs`; what lies outside goes to the first or the last one. */
export const count = (bins: Uint32Array, atMs: number, binMs: number): void => {
  const bin = Math.min(bins.length - 1, Math.max(0, Math.floor(atMs / binMs)))
  bins[bin] = (bins[bin] ?? 0) + 1
}
