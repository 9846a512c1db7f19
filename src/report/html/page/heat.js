import { tickLines } from './axis.js'
import { rolloutBands } from './bands.js'
import { palette } from './palette.js'
import { newScale, ticks } from './scale.js'
import { clear, newCanvas } from './surface.js'
import { clock, count, latency } from './text.js'

/** @typedef {import('./data.js').Data} Data */

const ROW_PX = 9

/**
 * The heat map of latency over time.
 * @param {HTMLElement} box
 * @param {HTMLElement} readout
 * @param {Data} data
 */
export const newHeat = (box, readout, data) => {
  const heat = data.heat
  if (heat === null) return { draw: () => {} }
  const rows = heat.edgesUs.length + 1
  const columns = heat.counts.length / rows
  /** Rows that hold anything, with one empty one on either side. */
  let low = rows
  let high = 0
  heat.counts.forEach((n, i) => {
    if (n === 0) return
    low = Math.min(low, i % rows)
    high = Math.max(high, i % rows)
  })
  low = Math.max(0, low - 1)
  high = Math.min(rows - 1, high + 1)
  const most = heat.counts.reduce((top, n) => Math.max(top, n), 1)
  const canvas = newCanvas('Heat map of latency over time. The same is in the table below.')
  box.replaceChildren(canvas)
  let scale = newScale(0, 1, 0, 1)
  /** @param {number} row */
  const rowText = (row) =>
    `${row === 0 ? 'up to ' : `${latency(heat.edgesUs[row - 1])} to `}${row >= heat.edgesUs.length ? 'any' : latency(heat.edgesUs[row])}`
  const draw = () => {
    const total = box.clientWidth
    if (total === 0) return
    const left = 64
    const tall = (high - low + 1) * ROW_PX
    scale = newScale(0, Math.max(1, data.durationMs), left, total - left - 8)
    const pen = clear(canvas, total, tall + 20)
    if (pen === null) return
    const colors = palette()
    rolloutBands(pen, data.rollouts, scale, colors, 0, tall)
    tickLines(pen, scale, colors, tall)
    pen.fillStyle = colors.p99
    for (let column = 0; column < columns; column++)
      for (let row = low; row <= high; row++) {
        const n = heat.counts[column * rows + row] ?? 0
        if (n === 0) continue
        const x = scale.x(column * heat.columnMs)
        pen.globalAlpha = 0.15 + (0.85 * Math.log(1 + n)) / Math.log(1 + most)
        pen.fillRect(
          x,
          (high - row) * ROW_PX,
          Math.max(1, Math.min(scale.left + scale.width, scale.x((column + 1) * heat.columnMs)) - x - 0.5),
          ROW_PX - 1,
        )
      }
    pen.globalAlpha = 1
    pen.fillStyle = colors.soft
    pen.textAlign = 'end'
    heat.edgesUs.forEach((us, row) => {
      if (row >= low && row < high && /^[1]0*$/.test(String(us)))
        pen.fillText(latency(us), left - 6, (high - row) * ROW_PX)
    })
    pen.textAlign = 'center'
    const { step, moments } = ticks(scale, total < 620 ? 4 : 10)
    for (const ms of moments)
      pen.fillText(clock(ms, step < 1000 ? 1 : 0), Math.min(scale.x(ms), total - 24), tall + 10)
  }
  /** @param {number} column @param {number} row */
  const tell = (column, row) => {
    const n = heat.counts[column * rows + row] ?? 0
    readout.textContent = `${clock(column * heat.columnMs, 1)} to ${clock((column + 1) * heat.columnMs, 1)}, ${rowText(row)}: ${count(n)} answers`
  }
  let at = { column: 0, row: low }
  box.addEventListener('pointermove', (event) => {
    const frame = canvas.getBoundingClientRect()
    const row = high - Math.floor((event.clientY - frame.top) / ROW_PX)
    if (row < low || row > high) return
    at = {
      column: Math.min(columns - 1, Math.floor(scale.at(event.clientX - frame.left) / heat.columnMs)),
      row,
    }
    tell(at.column, at.row)
  })
  box.addEventListener('keydown', (event) => {
    /** @type {Record<string, [number, number]>} */
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }
    const move = moves[event.key]
    if (move === undefined) return
    event.preventDefault()
    at = {
      column: Math.min(columns - 1, Math.max(0, at.column + move[0])),
      row: Math.min(high, Math.max(low, at.row + move[1])),
    }
    tell(at.column, at.row)
  })
  return { draw }
}
