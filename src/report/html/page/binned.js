/** @typedef {import('./scale.js').Scale} Scale */

/**
 * A series as one value for each few pixels: bins are joined, never left out.
 * @param {readonly (number | null)[]} values entry i is the bin from i·binMs
 * @param {number} binMs
 * @param {Scale} scale
 * @param {'sum' | 'most' | 'mean'} how
 * @param {number} leastPx width of a step
 * @returns {{ x: number, width: number, from: number, ms: number, value: number | null }[]}
 */
export const binned = (values, binMs, scale, how, leastPx) => {
  const first = Math.max(0, Math.floor(scale.from / binMs))
  const last = Math.min(values.length - 1, Math.floor(scale.to / binMs))
  const binPx = (binMs / (scale.to - scale.from)) * scale.width
  const step = Math.max(1, Math.ceil(leastPx / binPx))
  const out = []
  // Steps lie on a fixed grid, so that a pan does not make the values dance.
  for (let bin = first - (first % step); bin <= last; bin += step) {
    let sum = 0
    let most = null
    let n = 0
    for (let i = Math.max(0, bin); i < bin + step && i < values.length; i++) {
      const one = values[i]
      if (one === null || one === undefined) continue
      sum += one
      n++
      most = most === null || one > most ? one : most
    }
    const x = Math.max(scale.left, scale.x(bin * binMs))
    const right = Math.min(scale.left + scale.width, scale.x((bin + step) * binMs))
    if (right <= x) continue
    const value = n === 0 ? (how === 'sum' ? 0 : null) : how === 'sum' ? sum : how === 'most' ? most : sum / n
    out.push({ x, width: right - x, from: bin, ms: step * binMs, value })
  }
  return out
}

/** @param {readonly { value: number | null }[]} points */
export const highest = (points) => points.reduce((most, { value }) => Math.max(most, value ?? 0), 0)

/**
 * A round number not below `value`: 1, 2, 2.5 or 5 times a power of ten.
 * @param {number} value
 */
export const roundUp = (value) => {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= value * 0.999) ?? 10) * power
}
