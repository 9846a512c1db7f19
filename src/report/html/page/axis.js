import { spanPx } from './bands.js'
import { ticks } from './scale.js'
import { clock } from './text.js'

/** @typedef {import('./scale.js').Scale} Scale */
/** @typedef {import('./palette.js').Palette} Palette */
/** @typedef {import('./data.js').Data} Data */

export const AXIS_HEIGHT = 40

/**
 * Times and phases: what stays in sight above all lanes.
 * @param {CanvasRenderingContext2D} pen
 * @param {Data} data
 * @param {Scale} scale
 * @param {Palette} colors
 */
export const drawAxis = (pen, data, scale, colors) => {
  const { step, moments } = ticks(scale, scale.width < 500 ? 4 : 10)
  pen.fillStyle = colors.soft
  pen.textAlign = 'center'
  const decimals = step < 10 ? 3 : step < 100 ? 2 : step < 1000 ? 1 : 0
  for (const ms of moments)
    pen.fillText(clock(ms, decimals), Math.min(scale.x(ms), scale.left + scale.width - 16), 9)
  pen.textAlign = 'end'
  pen.fillText('phase', scale.left - 8, 28)
  pen.textAlign = 'start'
  for (const phase of data.phases) {
    const place = spanPx(scale, phase.from, phase.to, 1)
    if (place === null) continue
    const [x, wide] = place
    const rolling = phase.label.startsWith('rollout')
    pen.fillStyle = rolling ? colors.amber : colors.sheet
    pen.globalAlpha = rolling ? 0.45 : 1
    pen.fillRect(x, 19, wide - 1, 18)
    pen.globalAlpha = 1
    pen.strokeStyle = colors.line
    pen.lineWidth = 1
    pen.strokeRect(x + 0.5, 19.5, Math.max(0, wide - 2), 17)
    if (wide > pen.measureText(phase.label).width + 8) {
      pen.fillStyle = colors.text
      pen.fillText(phase.label, x + 4, 28.5)
    }
  }
}

/**
 * Faint lines at the ticks.
 * @param {CanvasRenderingContext2D} pen
 * @param {Scale} scale
 * @param {Palette} colors
 * @param {number} bottom
 */
export const tickLines = (pen, scale, colors, bottom) => {
  pen.fillStyle = colors.line
  for (const ms of ticks(scale, scale.width < 500 ? 4 : 10).moments)
    pen.fillRect(Math.round(scale.x(ms)), 0, 1, bottom)
}
