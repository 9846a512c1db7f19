import { pattern } from './palette.js'

/** @typedef {import('./scale.js').Scale} Scale */
/** @typedef {import('./palette.js').Palette} Palette */

/**
 * Left edge and width of a span, cut to the plot; `null` where it lies outside.
 * @param {Scale} scale
 * @param {number} from
 * @param {number} to
 * @param {number} least px
 * @returns {[number, number] | null}
 */
export const spanPx = (scale, from, to, least) => {
  if (to < scale.from || from > scale.to) return null
  const x = scale.x(Math.max(from, scale.from))
  return [x, Math.max(least, scale.x(Math.min(to, scale.to)) - x)]
}

/**
 * Rollouts behind everything, with a line where each began.
 * @param {CanvasRenderingContext2D} pen
 * @param {readonly { from: number, to: number }[]} rollouts
 * @param {Scale} scale
 * @param {Palette} colors
 * @param {number} top
 * @param {number} bottom
 */
export const rolloutBands = (pen, rollouts, scale, colors, top, bottom) => {
  for (const { from, to } of rollouts) {
    const place = spanPx(scale, from, to, 1)
    if (place === null) continue
    pen.fillStyle = colors.roll
    pen.fillRect(place[0], top, place[1], bottom - top)
    pen.fillStyle = colors.grey
    if (from >= scale.from) pen.fillRect(place[0], top, 1, bottom - top)
  }
}

/**
 * What was not seen is greyed out over everything.
 * @param {CanvasRenderingContext2D} pen
 * @param {readonly { from: number, to: number }[]} blind
 * @param {Scale} scale
 * @param {Palette} colors
 * @param {number} top
 * @param {number} bottom
 */
export const blindBands = (pen, blind, scale, colors, top, bottom) => {
  if (blind.length === 0) return
  const hatch = pattern(pen, 'hatch', colors.grey, '')
  for (const { from, to } of blind) {
    const place = spanPx(scale, from, to, 2)
    if (place === null) continue
    pen.globalAlpha = 0.6
    pen.fillStyle = colors.back
    pen.fillRect(place[0], top, place[1], bottom - top)
    pen.globalAlpha = 0.75
    pen.fillStyle = hatch
    pen.fillRect(place[0], top, place[1], bottom - top)
    pen.globalAlpha = 1
  }
}
