import { BAR } from './lanes.js'

/** @typedef {import('./scale.js').Scale} Scale */
/** @typedef {import('./palette.js').Palette} Palette */

/** Two crosses closer than this, px, are one with a number. */
const CROSS_PX = 11
const DIGIT_PX = 6.4

/** @param {number} n */
const tallyPx = (n) => (n > 1 ? 3 + DIGIT_PX * String(n).length : 0)

/**
 * A mark: the failures `first` … `first + n − 1` of its lane.
 * @typedef {{ x: number, first: number, n: number }} Mark
 */

/**
 * Failures of one lane as marks, those closer than a cross counted together.
 * @param {readonly number[]} lane indexes of its failures, in order of time
 * @param {Float64Array} starts ms, of all failures
 * @param {number} begin where in `lane` the span begins
 * @param {Scale} scale
 * @returns {Mark[]}
 */
export const marksOf = (lane, starts, begin, scale) => {
  /** @type {Mark[]} */
  const marks = []
  /** @type {Mark | undefined} */
  let last
  for (let i = begin; i < lane.length; i++) {
    const ms = starts[lane[i] ?? 0] ?? 0
    if (ms > scale.to) break
    const x = scale.x(ms)
    if (last !== undefined && x - last.x < CROSS_PX + tallyPx(last.n)) last.n++
    else {
      last = { x, first: i, n: 1 }
      marks.push(last)
    }
  }
  return marks
}

/** @param {Mark | undefined} mark px where it ends */
export const markEnd = (mark) =>
  mark === undefined ? Number.NEGATIVE_INFINITY : mark.x + CROSS_PX / 2 + tallyPx(mark.n)

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {readonly Mark[]} marks
 * @param {number} top of the lane
 * @param {Palette} colors
 */
export const drawMarks = (pen, marks, top, colors) => {
  const middle = top + 3 + BAR / 2
  const crosses = new Path2D()
  for (const { x } of marks) {
    crosses.moveTo(x - 4, middle - 4)
    crosses.lineTo(x + 4, middle + 4)
    crosses.moveTo(x + 4, middle - 4)
    crosses.lineTo(x - 4, middle + 4)
  }
  pen.strokeStyle = colors.back
  pen.lineWidth = 5
  pen.stroke(crosses)
  pen.strokeStyle = colors.bad
  pen.lineWidth = 2.2
  pen.stroke(crosses)
  pen.textAlign = 'start'
  const font = pen.font
  pen.font = 'bold 10.5px system-ui, sans-serif'
  for (const { x, n } of marks) {
    if (n < 2) continue
    pen.lineWidth = 3.5
    pen.strokeStyle = colors.back
    pen.strokeText(String(n), x + 6, middle)
    pen.fillStyle = colors.bad
    pen.fillText(String(n), x + 6, middle)
  }
  pen.font = font
}

/**
 * The mark under the pointer.
 * @param {readonly Mark[]} marks
 * @param {number} x
 */
export const markAt = (marks, x) => marks.find((mark) => x >= mark.x - 6 && x <= markEnd(mark) + 1)
