/**
 * @typedef {object} Scale
 * @property {number} from ms at the left edge
 * @property {number} to ms at the right edge
 * @property {number} left px of the left edge
 * @property {number} width px of the plot
 * @property {(ms: number) => number} x
 * @property {(px: number) => number} at ms at a px, within the edges
 */

/**
 * @param {number} from
 * @param {number} to
 * @param {number} left
 * @param {number} width
 * @returns {Scale}
 */
export const newScale = (from, to, left, width) => ({
  from,
  to,
  left,
  width,
  x: (ms) => left + ((ms - from) / (to - from)) * width,
  at: (px) => Math.min(to, Math.max(from, from + ((px - left) / width) * (to - from))),
})

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 1_800_000, 3_600_000,
]

/**
 * Distance of the ticks of a time axis, for about `most` of them.
 * @param {number} spanMs
 * @param {number} most
 */
export const tickStep = (spanMs, most) => STEPS_MS.find((step) => spanMs / step <= most) ?? 7_200_000

/**
 * Moments of the ticks.
 * @param {Scale} scale
 * @param {number} most
 */
export const ticks = (scale, most) => {
  const step = tickStep(scale.to - scale.from, most)
  const out = []
  for (let ms = Math.ceil(scale.from / step) * step; ms <= scale.to; ms += step) out.push(ms)
  return { step, moments: out }
}
