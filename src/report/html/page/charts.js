import { tickLines } from './axis.js'
import { blindBands, rolloutBands } from './bands.js'
import { binned, highest, roundUp } from './binned.js'
import { FAMILIES, familyOf, familyPaint } from './kinds.js'
import { count, latency } from './text.js'

/** @typedef {import('./scale.js').Scale} Scale */
/** @typedef {import('./palette.js').Palette} Palette */
/** @typedef {import('./data.js').Data} Data */

const TALL = 46
const GAP = 13
/** Narrowest step of a chart, px. */
const STEP_PX = 3

/**
 * Label in the gutter, frame, and the value of the top of the scale.
 * @param {CanvasRenderingContext2D} pen
 * @param {readonly string[]} label lines
 * @param {string} top
 * @param {number} y
 * @param {Scale} scale
 * @param {Palette} colors
 */
const frame = (pen, label, top, y, scale, colors) => {
  pen.fillStyle = colors.grey
  pen.fillRect(scale.left, y + TALL, scale.width, 1)
  pen.fillStyle = colors.line
  pen.fillRect(scale.left, y, scale.width, 1)
  pen.textAlign = 'end'
  label.forEach((line, i) => {
    pen.fillStyle = i === 0 ? colors.text : colors.soft
    pen.fillText(line, scale.left - 8, y + TALL / 2 + (i - (label.length - 1) / 2) * 13)
  })
  pen.textAlign = 'start'
  pen.lineWidth = 3
  pen.strokeStyle = colors.back
  pen.strokeText(top, scale.left + 3, y + 7)
  pen.fillStyle = colors.soft
  pen.fillText(top, scale.left + 3, y + 7)
}

/**
 * A stepped outline from the left to the right.
 * @param {CanvasRenderingContext2D} pen
 * @param {ReturnType<typeof binned>} points
 * @param {(value: number) => number} place
 * @param {boolean} closed down to `base`
 * @param {number} base
 */
const steps = (pen, points, place, closed, base) => {
  pen.beginPath()
  let down = true
  for (const { x, width, value } of points) {
    if (value === null) {
      down = true
      continue
    }
    const y = place(value)
    if (down) pen.moveTo(x, closed ? base : y)
    pen.lineTo(x, y)
    pen.lineTo(x + width, y)
    down = false
  }
  const last = points.at(-1)
  if (closed && last !== undefined) pen.lineTo(last.x + last.width, base)
}

/** @typedef {(pen: CanvasRenderingContext2D, data: Data, y: number, scale: Scale, colors: Palette) => void} Chart */

/** Sent (area) against the schedule (line) and the plan (dotted). @type {Chart} */
const rateChart = (pen, data, y, scale, colors) => {
  const { started, intended, binMs, plannedPerSec } = data.series
  const sent = binned(started, binMs, scale, 'mean', STEP_PX)
  const due = binned(intended, binMs, scale, 'mean', STEP_PX)
  const perSec = 1000 / binMs
  const most = roundUp(Math.max(highest(sent) * perSec, highest(due) * perSec, plannedPerSec ?? 0))
  /** @param {number} value */
  const place = (value) => y + TALL - (Math.min(most, value * perSec) / most) * TALL
  pen.fillStyle = colors.rate
  steps(pen, sent, place, true, y + TALL)
  pen.fill()
  if (due.length > 0) {
    pen.strokeStyle = colors.text
    pen.lineWidth = 1
    pen.setLineDash([4, 2])
    steps(pen, due, place, false, 0)
    pen.stroke()
  }
  if (plannedPerSec !== null) {
    pen.strokeStyle = colors.soft
    pen.setLineDash([1, 3])
    pen.beginPath()
    pen.moveTo(scale.left, place(plannedPerSec / perSec))
    pen.lineTo(scale.left + scale.width, place(plannedPerSec / perSec))
    pen.stroke()
  }
  pen.setLineDash([])
  frame(
    pen,
    intended.length > 0 ? ['requests/s', '- - intended'] : ['requests/s'],
    count(most),
    y,
    scale,
    colors,
  )
}

/** Failures by family of kinds, one on the other; at least 2 px, one must not vanish beside many. @type {Chart} */
const failedChart = (pen, data, y, scale, colors) => {
  const { failed, failedByKind, binMs } = data.series
  const total = binned(failed, binMs, scale, 'sum', STEP_PX)
  const most = Math.max(1, highest(total))
  const base = y + TALL
  /** @type {Map<import('./kinds.js').Family, Map<number, number>>} */
  const families = new Map()
  for (const [kind, pairs] of Object.entries(failedByKind)) {
    const own = families.get(familyOf(kind)) ?? new Map()
    families.set(familyOf(kind), own)
    for (let i = 0; i < pairs.length; i += 2)
      own.set(pairs[i], (own.get(pairs[i]) ?? 0) + (pairs[i + 1] ?? 0))
  }
  const paints = new Map(FAMILIES.map((family) => [family, familyPaint(pen, family, colors)]))
  for (const { x, width, from, ms, value } of total) {
    if (value === null || value === 0) continue
    const tall = Math.max(2, (value / most) * TALL)
    const wide = Math.max(1.5, width - 0.5)
    if (families.size === 0) {
      pen.fillStyle = colors.bad
      pen.fillRect(x, base - tall, wide, tall)
      continue
    }
    let bottom = base
    for (const [family, own] of families) {
      let n = 0
      for (let bin = from; bin < from + ms / binMs; bin++) n += own.get(bin) ?? 0
      if (n === 0) continue
      const part = (n / value) * tall
      pen.fillStyle = paints.get(family) ?? colors.bad
      pen.fillRect(x, bottom - part, wide, part)
      bottom -= part
    }
  }
  const step = total[0]?.ms ?? binMs
  frame(
    pen,
    ['failed', `in ${step < 1000 ? `${step} ms` : `${step / 1000} s`}`],
    count(most),
    y,
    scale,
    colors,
  )
}

/** p50 (dashed) and p99 (solid), on a logarithmic scale. @type {Chart} */
const latencyChart = (pen, data, y, scale, colors) => {
  const { p50Us, p99Us, binMs, intended } = data.series
  const upper = binned(p99Us, binMs, scale, 'most', STEP_PX)
  const lower = binned(p50Us, binMs, scale, 'mean', STEP_PX)
  const most = Math.max(2, highest(upper))
  const least = Math.max(1, lower.reduce((low, { value }) => Math.min(low, value ?? low), most / 2) * 0.8)
  const span = Math.log(most / least) || 1
  /** @param {number} value */
  const place = (value) =>
    Math.min(y + TALL, y + TALL - (Math.log(Math.max(least, value) / least) / span) * TALL)
  pen.lineWidth = 1.4
  pen.strokeStyle = colors.soft
  pen.setLineDash([4, 3])
  steps(pen, lower, place, false, 0)
  pen.stroke()
  pen.setLineDash([])
  pen.strokeStyle = colors.p99
  steps(pen, upper, place, false, 0)
  pen.stroke()
  frame(pen, ['p99, - - p50', intended.length > 0 ? 'from intended' : ''], latency(most), y, scale, colors)
}

/** Mean number of requests under way. @type {Chart} */
const flyingChart = (pen, data, y, scale, colors) => {
  const points = binned(data.series.inFlight, data.series.binMs, scale, 'mean', STEP_PX)
  const most = roundUp(highest(points))
  const place = (/** @type {number} */ value) => y + TALL - (value / most) * TALL
  pen.fillStyle = colors.rate
  steps(pen, points, place, true, y + TALL)
  pen.fill()
  frame(pen, ['in flight'], most < 10 ? String(most) : count(most), y, scale, colors)
}

/** @param {Data} data @returns {Chart[]} */
const chartsOf = (data) => [
  rateChart,
  failedChart,
  latencyChart,
  ...(data.series.inFlight.length > 0 ? [flyingChart] : []),
]

/** @param {Data} data */
export const chartsHeight = (data) => chartsOf(data).length * (TALL + GAP) + 4

/**
 * All charts, one below the other.
 * @param {CanvasRenderingContext2D} pen
 * @param {Data} data
 * @param {Scale} scale
 * @param {Palette} colors
 */
export const drawCharts = (pen, data, scale, colors) => {
  const height = chartsHeight(data)
  rolloutBands(pen, data.rollouts, scale, colors, 0, height)
  tickLines(pen, scale, colors, height)
  chartsOf(data).forEach((chart, i) => {
    chart(pen, data, 4 + i * (TALL + GAP), scale, colors)
  })
  blindBands(pen, data.blind, scale, colors, 0, height)
}
