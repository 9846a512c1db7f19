import { el, latency } from './svg.js'

/**
 * @typedef {object} Scale
 * @property {number} from ms at the left edge
 * @property {number} to ms at the right edge
 * @property {number} left px of the left edge
 * @property {number} width px of the plot
 * @property {(ms: number) => number} x
 */

/**
 * Values of whole seconds as one figure per column of pixels: the highest for what must not be missed.
 * @param {readonly (number | null)[]} values
 * @param {Scale} scale
 * @returns {{ x: number, width: number, value: number | null }[]}
 */
const columns = (values, scale) => {
  const first = Math.max(0, Math.floor(scale.from / 1000))
  const last = Math.min(values.length - 1, Math.floor(scale.to / 1000))
  const step = Math.max(1, Math.ceil((last - first + 1) / scale.width))
  const out = []
  for (let second = first; second <= last; second += step) {
    let value = null
    for (let i = second; i < second + step && i <= last; i++) {
      const one = values[i]
      if (one !== null && one !== undefined) value = Math.max(value ?? 0, one)
    }
    const x = scale.x(second * 1000)
    out.push({ x, width: scale.x((second + step) * 1000) - x, value })
  }
  return out
}

/** @param {readonly { value: number | null }[]} points */
const highest = (points) => Math.max(1, ...points.map(({ value }) => value ?? 0))

/**
 * A label in the gutter and a frame; the label of the top of the scale stands at the top.
 * @param {string} label
 * @param {string} top
 * @param {number} y
 * @param {number} height
 * @param {Scale} scale
 */
const frame = (label, top, y, height, scale) => [
  el('text', { class: 'label', x: scale.left - 8, y: y + height / 2 + 4, 'text-anchor': 'end' }, label),
  el('line', { class: 'grid', x1: scale.left, x2: scale.left + scale.width, y1: y + height, y2: y + height }),
  el('line', { class: 'grid faint', x1: scale.left, x2: scale.left + scale.width, y1: y, y2: y }),
  el('text', { class: 'scale', x: scale.left + 3, y: y + 10 }, top),
]

/**
 * Requests that ended well, per second, as steps.
 * @param {readonly number[]} values
 * @param {number} y
 * @param {number} height
 * @param {Scale} scale
 */
export const rateChart = (values, y, height, scale) => {
  const points = columns(values, scale)
  const most = highest(points)
  const base = y + height
  const path = points
    .map(
      ({ x, width, value }) =>
        `L${x.toFixed(1)} ${(base - ((value ?? 0) / most) * height).toFixed(1)}h${width.toFixed(1)}`,
    )
    .join('')
  const start = points[0]?.x ?? scale.left
  const end = points.at(-1)
  return [
    el('path', {
      class: 'rate',
      d: `M${start} ${base}${path}L${end === undefined ? start : end.x + end.width} ${base}Z`,
    }),
    ...frame('ok/s', String(most), y, height, scale),
  ]
}

/**
 * Failures per second as bars, at least 2 px high: one must not vanish beside many.
 * @param {readonly number[]} values
 * @param {number} y
 * @param {number} height
 * @param {Scale} scale
 */
export const failedChart = (values, y, height, scale) => {
  const points = columns(values, scale)
  const most = highest(points)
  const bars = points
    .filter(({ value }) => (value ?? 0) > 0)
    .map(({ x, width, value }) => {
      const tall = Math.max(2, ((value ?? 0) / most) * height)
      return `M${x.toFixed(1)} ${y + height}h${Math.max(1.5, width - 0.5).toFixed(1)}v${(-tall).toFixed(1)}h${(-Math.max(1.5, width - 0.5)).toFixed(1)}Z`
    })
    .join('')
  return [
    el('path', { class: 'failed', d: bars === '' ? 'M0 0' : bars }),
    ...frame('failed/s', String(most), y, height, scale),
  ]
}

/**
 * p50 (dashed) and p99 (solid), on a logarithmic scale from 100 µs up.
 * @param {readonly (number | null)[]} p50
 * @param {readonly (number | null)[]} p99
 * @param {number} y
 * @param {number} height
 * @param {Scale} scale
 */
export const latencyChart = (p50, p99, y, height, scale) => {
  const upper = columns(p99, scale)
  const lower = columns(p50, scale)
  const most = highest(upper)
  const least = Math.min(most / 2, ...lower.map(({ value }) => value ?? most / 2))
  const span = Math.log(most / Math.max(1, least)) || 1
  /** @param {number} value */
  const place = (value) => y + height - (Math.log(Math.max(1, value) / Math.max(1, least)) / span) * height
  /** @param {{ x: number, width: number, value: number | null }[]} points */
  const line = (points) => {
    let pen = 'M'
    let path = ''
    for (const { x, width, value } of points) {
      if (value === null) {
        pen = 'M'
        continue
      }
      path += `${pen}${(x + width / 2).toFixed(1)} ${Math.min(y + height, place(value)).toFixed(1)}`
      pen = 'L'
    }
    return path === '' ? 'M0 0' : path
  }
  return [
    el('path', { class: 'p50', d: line(lower) }),
    el('path', { class: 'p99', d: line(upper) }),
    ...frame('p50, p99', latency(most), y, height, scale),
  ]
}
