import { spanPx } from './bands.js'
import { isOrdinaryExit, latest } from './life.js'
import { pattern } from './palette.js'

/** @typedef {import('./scale.js').Scale} Scale */
/** @typedef {import('./palette.js').Palette} Palette */
/** @typedef {import('./data.js').Data} Data */
/** @typedef {import('./data.js').Pod} Pod */

/** Height of a pod's bar, and of each strip below it, px. */
export const BAR = 13
export const STRIP = 4
const PAD = 3

/** @param {Data} data */
export const laneHeight = (data) => {
  const strips = [
    data.pods.some(({ endpoint }) => endpoint.length > 0),
    data.pods.some(({ target }) => target.length > 0),
  ]
  return PAD + BAR + strips.filter(Boolean).length * (STRIP + 1) + PAD
}

/**
 * Fills that all lanes of one drawing share.
 * @param {CanvasRenderingContext2D} pen
 * @param {Palette} colors
 */
export const lanePaints = (pen, colors) => ({
  prestop: pattern(pen, 'back-hatch', colors['amber-line'], colors.amber),
  serving: pattern(pen, 'back-hatch', colors.good, ''),
  target: pattern(pen, 'bars', colors.p99, ''),
})

/**
 * One pod: its life as a bar, its endpoint and its target as strips below.
 * @param {CanvasRenderingContext2D} pen
 * @param {Pod} pod
 * @param {readonly import('./life.js').Part[]} life
 * @param {number} top
 * @param {Scale} scale
 * @param {Palette} colors
 * @param {ReturnType<typeof lanePaints>} paints
 * @param {number} endMs
 */
export const drawPod = (pen, pod, life, top, scale, colors, paints, endMs) => {
  const y = top + PAD
  for (const { stage, from, to } of life) {
    const place = spanPx(scale, from, to, 1)
    if (place === null) continue
    const [x, wide] = place
    if (stage === 'pending' || stage === 'starting') {
      pen.strokeStyle = stage === 'pending' ? colors.grey : colors.ready
      pen.lineWidth = 1.2
      pen.setLineDash(stage === 'pending' ? [1, 2] : [3, 2])
      pen.strokeRect(x + 0.5, y + 1.5, Math.max(0.5, wide - 1), BAR - 3)
      pen.setLineDash([])
    } else if (stage === 'exited') {
      pen.fillStyle = colors.grey
      pen.fillRect(x, y + BAR / 2 - 1, wide, 2)
    } else {
      pen.fillStyle = stage === 'ready' ? colors.ready : stage === 'prestop' ? paints.prestop : colors.stop
      pen.fillRect(x, y, wide, BAR)
    }
  }
  ticks(pen, pod, y, scale, colors)
  const over = latest(pod.gone) ?? endMs
  strip(pen, pod.endpoint, y + BAR + 1, scale, over, (state) =>
    state === 'ready'
      ? colors.good
      : state === 'serving'
        ? paints.serving
        : state === 'removed'
          ? null
          : colors.grey,
  )
  const second = pod.endpoint.length > 0 ? STRIP + 1 : 0
  strip(pen, pod.target, y + BAR + 1 + second, scale, over, (state) =>
    state === 'healthy' ? colors.p99 : state === 'unused' || state === 'deregistered' ? null : paints.target,
  )
}

/**
 * Moments that are lines: SIGTERM, gone, container restarts; and between which bounds the termination began.
 * @param {CanvasRenderingContext2D} pen
 * @param {Pod} pod
 * @param {number} y
 * @param {Scale} scale
 * @param {Palette} colors
 */
const ticks = (pen, pod, y, scale, colors) => {
  /** @param {number | null} ms @param {string} color @param {number} wide @param {number} over */
  const tick = (ms, color, wide, over) => {
    if (ms === null || ms < scale.from || ms > scale.to) return
    pen.fillStyle = color
    pen.fillRect(scale.x(ms) - wide / 2, y - over, wide, BAR + over * 2)
  }
  tick(latest(pod.started), colors.ready, 1, 0)
  tick(latest(pod.sigterm), colors.text, 2, 2)
  tick(latest(pod.gone), colors.grey, 2, 0)
  for (const [at] of pod.restarts) tick(at, colors.bad, 2, 2)
  const [earliest, last] = pod.term ?? [null, 0]
  const place = earliest === null ? null : spanPx(scale, earliest, last, 0)
  if (place !== null && place[1] > 3) {
    pen.strokeStyle = colors.text
    pen.lineWidth = 1
    pen.beginPath()
    pen.moveTo(place[0], y + 2)
    pen.lineTo(place[0], y + BAR - 2)
    pen.moveTo(place[0], y + BAR / 2)
    pen.lineTo(place[0] + place[1], y + BAR / 2)
    pen.stroke()
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {readonly (readonly [number, string])[]} states
 * @param {number} y
 * @param {Scale} scale
 * @param {number} endMs
 * @param {(state: string) => string | CanvasPattern | null} paint
 */
const strip = (pen, states, y, scale, endMs, paint) => {
  states.forEach(([from, state], i) => {
    const fill = paint(state)
    const place = fill === null ? null : spanPx(scale, from, states[i + 1]?.[0] ?? Math.max(from, endMs), 1)
    if (fill === null || place === null) return
    pen.fillStyle = fill
    pen.fillRect(place[0], y, place[1], STRIP - 1)
  })
}

/**
 * How the container ended, written behind the lane and behind `after` px, where the marks of its failures end.
 * @param {CanvasRenderingContext2D} pen
 * @param {Pod} pod
 * @param {number} after
 * @param {number} top
 * @param {Scale} scale
 * @param {Palette} colors
 */
export const drawExit = (pen, pod, after, top, scale, colors) => {
  const end = latest(pod.gone) ?? latest(pod.exit)
  if (end === null || pod.code === null || end < scale.from || end > scale.to) return
  const x = Math.max(scale.x(end), after) + 6
  if (x > scale.left + scale.width - 46) return
  pen.textAlign = 'start'
  pen.fillStyle = isOrdinaryExit(pod.code) ? colors.soft : colors.bad
  pen.fillText(`exit ${pod.code}`, x, top + PAD + BAR / 2)
}
