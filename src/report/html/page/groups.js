import { tickLines } from './axis.js'
import { blindBands, rolloutBands } from './bands.js'
import { firstFrom } from './data.js'
import { h } from './dom.js'
import { drawExit, drawPod, laneHeight, lanePaints } from './lanes.js'
import { lifeOf } from './life.js'
import { drawMarks, markEnd, marksOf } from './marks.js'
import { clear, newCanvas } from './surface.js'
import { countOf } from './text.js'

/** @typedef {import('./scale.js').Scale} Scale */
/** @typedef {import('./palette.js').Palette} Palette */
/** @typedef {import('./data.js').Data} Data */
/** @typedef {import('./marks.js').Mark} Mark */
/** @typedef {{ lane: number, top: number, marks: Mark[] }} Row */

/**
 * The lanes of one revision: a heading that folds them, and a canvas.
 * @typedef {object} Group
 * @property {HTMLElement} box
 * @property {HTMLCanvasElement} canvas
 * @property {Row[]} rows as last drawn
 * @property {(scale: Scale, colors: Palette, total: number) => void} draw
 */

/**
 * @param {Data} data
 * @param {readonly number[]} pods lanes, −1 = of no known pod
 * @param {string} name
 * @param {Map<number, number[]>} lanes
 * @param {Float64Array} starts
 * @param {() => void} redraw
 * @returns {Group}
 */
const newGroup = (data, pods, name, lanes, starts, redraw) => {
  const failed = pods.reduce((sum, lane) => sum + (lanes.get(lane)?.length ?? 0), 0)
  const one = countOf(pods.filter((lane) => lane >= 0).length, 'pod')
  const label =
    pods[0] === -1
      ? `${name}: ${countOf(failed, 'failure')}`
      : `${name}: ${one}, ${countOf(failed, 'failure')}`
  const canvas = newCanvas(`Lanes of ${label}. The same is in the table of the lanes.`)
  const head = h('button', { type: 'button', class: 'fold', 'aria-expanded': 'true' }, label)
  const rest = h('span', { class: 'note' })
  const box = h('div', { class: 'group' }, h('div', { class: 'group-head' }, head, rest), canvas)
  const end = Math.max(1, data.durationMs)
  const times = new Map(
    pods.map((lane) => [lane, Float64Array.from(lanes.get(lane) ?? [], (i) => starts[i] ?? 0)]),
  )
  /** @type {Group} */
  const group = { box, canvas, rows: [], draw: () => {} }
  head.addEventListener('click', () => {
    const open = head.getAttribute('aria-expanded') !== 'true'
    head.setAttribute('aria-expanded', String(open))
    canvas.hidden = !open
    redraw()
  })
  group.draw = (scale, colors, total) => {
    group.rows = []
    const tall = laneHeight(data)
    for (const lane of pods) {
      const own = lanes.get(lane) ?? []
      const begin = firstFrom(times.get(lane) ?? [], scale.from)
      const marks = marksOf(own, starts, begin, scale)
      const pod = data.pods[lane]
      const lives =
        pod !== undefined && lifeOf(pod, end).some(({ from, to }) => from < scale.to && to > scale.from)
      if (lives || marks.length > 0) group.rows.push({ lane, top: group.rows.length * tall, marks })
    }
    const away = pods.length - group.rows.length
    rest.textContent = away === 0 ? '' : `${countOf(away, 'lane')} not alive in this span`
    box.hidden = group.rows.length === 0
    if (box.hidden || canvas.hidden) return
    const height = group.rows.length * tall
    const pen = clear(canvas, total, height)
    if (pen === null) return
    rolloutBands(pen, data.rollouts, scale, colors, 0, height)
    tickLines(pen, scale, colors, height)
    const paints = lanePaints(pen, colors)
    const chars = scale.left < 120 ? 10 : 28
    for (const { lane, top, marks } of group.rows) {
      const pod = data.pods[lane]
      const text = pod?.name ?? 'of no known pod'
      pen.textAlign = 'end'
      pen.fillStyle = colors.text
      pen.fillText(text.length <= chars ? text : `…${text.slice(1 - chars)}`, scale.left - 8, top + 10)
      if (pod !== undefined) {
        drawPod(pen, pod, top, scale, colors, paints, end)
        drawExit(pen, pod, markEnd(marks.at(-1)), top, scale, colors)
      }
      drawMarks(pen, marks, top, colors)
    }
    blindBands(pen, data.blind, scale, colors, 0, height)
  }
  return group
}

/**
 * One group for each ReplicaSet or revision, in order, and one for the failures of no known pod.
 * @param {Data} data
 * @param {Map<number, number[]>} lanes
 * @param {Float64Array} starts
 * @param {() => void} redraw
 */
export const newGroups = (data, lanes, starts, redraw) => {
  /** @type {Map<string, number[]>} */
  const names = new Map()
  data.pods.forEach((pod, lane) => {
    const revision = pod.rev === null ? 'revision unknown' : `Revision ${pod.rev}`
    const name = pod.rs === null ? revision : `${revision}, ReplicaSet ${pod.rs}`
    names.set(name, [...(names.get(name) ?? []), lane])
  })
  const groups = [...names].map(([name, pods]) => newGroup(data, pods, name, lanes, starts, redraw))
  if (lanes.has(-1)) groups.push(newGroup(data, [-1], 'Of no known pod', lanes, starts, redraw))
  return groups
}
