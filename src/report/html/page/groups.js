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

/** So much above and below the window is drawn too, px: a little scrolling needs no new drawing. */
const MARGIN_PX = 150

/**
 * The lanes of one revision: a heading that folds them, room for all of them, and a canvas over those in sight.
 * @typedef {object} Group
 * @property {HTMLElement} box
 * @property {HTMLElement} room
 * @property {Row[]} rows those that live or fail in the span
 * @property {(scale: Scale) => void} layOut finds the rows and makes room for them
 * @property {(scale: Scale, colors: Palette, total: number, from: number, to: number) => void} draw rows between two heights, px
 */

/**
 * @param {Data} data
 * @param {readonly number[]} pods lanes, −1 = of no known pod
 * @param {string} name
 * @param {{ starts: Float64Array, lanes: Map<number, number[]> }} index
 * @param {() => void} redraw
 * @returns {Group}
 */
const newGroup = (data, pods, name, { starts, lanes }, redraw) => {
  const failed = pods.reduce((sum, lane) => sum + (lanes.get(lane)?.length ?? 0), 0)
  const one = pods[0] === -1 ? '' : `${countOf(pods.length, 'pod')}, `
  const label = `${name}: ${one}${countOf(failed, 'failure')}`
  const canvas = newCanvas(`Lanes of ${label}. The same is in the table of the lanes.`)
  const head = h('button', { type: 'button', class: 'fold', 'aria-expanded': 'true' }, label)
  const rest = h('span', { class: 'note' })
  const room = h('div', { class: 'lanes' }, canvas)
  const box = h('div', { class: 'group' }, h('div', { class: 'group-head' }, head, rest), room)
  const end = Math.max(1, data.durationMs)
  const tall = laneHeight(data)
  const times = new Map(
    pods.map((lane) => [lane, Float64Array.from(lanes.get(lane) ?? [], (i) => starts[i] ?? 0)]),
  )
  const lives = new Map(
    pods.map((lane) => {
      const pod = data.pods[lane]
      return [lane, pod === undefined ? [] : lifeOf(pod, end)]
    }),
  )
  head.addEventListener('click', () => {
    const open = head.getAttribute('aria-expanded') !== 'true'
    head.setAttribute('aria-expanded', String(open))
    room.hidden = !open
    redraw()
  })
  /** @type {Group} */
  const group = {
    box,
    room,
    rows: [],
    layOut: (scale) => {
      group.rows = []
      for (const lane of pods) {
        const marks = marksOf(
          lanes.get(lane) ?? [],
          starts,
          firstFrom(times.get(lane) ?? [], scale.from),
          scale,
        )
        const alive = (lives.get(lane) ?? []).some(({ from, to }) => from < scale.to && to > scale.from)
        if (alive || marks.length > 0) group.rows.push({ lane, top: group.rows.length * tall, marks })
      }
      const away = pods.length - group.rows.length
      rest.textContent = away === 0 ? '' : `${countOf(away, 'lane')} not alive in this span`
      box.hidden = group.rows.length === 0
      room.style.height = `${group.rows.length * tall}px`
    },
    draw: (scale, colors, total, from, to) => {
      const height = group.rows.length * tall
      const top = Math.max(0, from - MARGIN_PX)
      const bottom = Math.min(height, to + MARGIN_PX)
      canvas.hidden = bottom <= top
      if (canvas.hidden) return
      canvas.style.top = `${top}px`
      const pen = clear(canvas, total, bottom - top)
      if (pen === null) return
      pen.translate(0, -top)
      rolloutBands(pen, data.rollouts, scale, colors, top, bottom)
      tickLines(pen, scale, colors, bottom)
      const paints = lanePaints(pen, colors)
      const chars = scale.left < 120 ? 11 : 28
      for (const { lane, top: y, marks } of group.rows) {
        if (y + tall < top || y > bottom) continue
        const pod = data.pods[lane]
        const text = pod?.name ?? 'of no known pod'
        pen.textAlign = 'end'
        pen.fillStyle = colors.text
        pen.fillText(text.length <= chars ? text : `…${text.slice(1 - chars)}`, scale.left - 8, y + 10)
        if (pod !== undefined) {
          drawPod(pen, pod, lives.get(lane) ?? [], y, scale, colors, paints, end)
          drawExit(pen, pod, markEnd(marks.at(-1)), y, scale, colors)
        }
        drawMarks(pen, marks, y, colors)
      }
      blindBands(pen, data.blind, scale, colors, top, bottom)
    },
  }
  return group
}

/**
 * One group for each ReplicaSet or revision, in order, and one for the failures of no known pod.
 * @param {Data} data
 * @param {{ starts: Float64Array, lanes: Map<number, number[]> }} index
 * @param {() => void} redraw
 */
export const newGroups = (data, index, redraw) => {
  /** @type {Map<string, number[]>} */
  const names = new Map()
  data.pods.forEach((pod, lane) => {
    const revision = pod.rev === null ? 'Revision unknown' : `Revision ${pod.rev}`
    const name = pod.rs === null ? revision : `${revision}, ReplicaSet ${pod.rs}`
    const own = names.get(name)
    if (own === undefined) names.set(name, [lane])
    else own.push(lane)
  })
  const groups = [...names].map(([name, pods]) => newGroup(data, pods, name, index, redraw))
  if (index.lanes.has(-1)) groups.push(newGroup(data, [-1], 'Of no known pod', index, redraw))
  return groups
}
