import { rolloutBands, spanPx } from './bands.js'
import { newScale } from './scale.js'

/** @typedef {import('./scale.js').Scale} Scale */
/** @typedef {import('./palette.js').Palette} Palette */
/** @typedef {import('./data.js').Data} Data */

export const OVERVIEW_HEIGHT = 18

/**
 * The whole run in small: rollouts, where failures were, and which part is shown below.
 * @param {CanvasRenderingContext2D} pen
 * @param {Data} data
 * @param {Scale} shown
 * @param {Palette} colors
 * @param {Float64Array} starts
 */
export const drawOverview = (pen, data, shown, colors, starts) => {
  const whole = wholeScale(data, shown)
  const bottom = OVERVIEW_HEIGHT - 2
  pen.fillStyle = colors.sheet
  pen.fillRect(whole.left, 0, whole.width, bottom)
  rolloutBands(pen, data.rollouts, whole, colors, 0, bottom)
  const counts = new Uint32Array(Math.ceil(whole.width / 2) + 1)
  let most = 1
  for (const ms of starts) {
    const at = Math.floor((whole.x(ms) - whole.left) / 2)
    counts[at] = (counts[at] ?? 0) + 1
    most = Math.max(most, counts[at] ?? 0)
  }
  pen.fillStyle = colors.bad
  counts.forEach((n, i) => {
    if (n === 0) return
    const tall = Math.max(4, (Math.log(1 + n) / Math.log(1 + most)) * (bottom - 2))
    pen.fillRect(whole.left + i * 2, bottom - tall, 2, tall)
  })
  pen.textAlign = 'end'
  pen.fillStyle = colors.soft
  pen.fillText('whole run', whole.left - 8, bottom / 2)
  const place = spanPx(whole, shown.from, shown.to, 4)
  if (place === null) return
  pen.globalAlpha = 0.55
  pen.fillStyle = colors.back
  pen.fillRect(whole.left, 0, place[0] - whole.left, bottom)
  pen.fillRect(place[0] + place[1], 0, whole.left + whole.width - place[0] - place[1], bottom)
  pen.globalAlpha = 1
  pen.strokeStyle = colors.link
  pen.lineWidth = 2
  pen.strokeRect(place[0], 1, place[1], bottom - 2)
}

/**
 * The scale of the overview: as wide as the shown one, over the whole run.
 * @param {Data} data
 * @param {Scale} shown
 */
export const wholeScale = (data, shown) => newScale(0, Math.max(1, data.durationMs), shown.left, shown.width)
