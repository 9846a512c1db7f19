import { AXIS_HEIGHT, drawAxis } from './axis.js'
import { chartsHeight, drawCharts } from './charts.js'
import { firstFrom } from './data.js'
import { byId, h } from './dom.js'
import { newGroups } from './groups.js'
import { drawKindLegend } from './kinds.js'
import { markAt } from './marks.js'
import { drawOverview, OVERVIEW_HEIGHT, wholeScale } from './overview.js'
import { palette } from './palette.js'
import { laneText, markText, momentText, spanText } from './readout.js'
import { newScale } from './scale.js'
import { clear, newCanvas } from './surface.js'
import { countOf } from './text.js'

/** @typedef {import('./data.js').Data} Data */
/** @typedef {import('./scale.js').Scale} Scale */

const LEAST_SPAN_MS = 50

/**
 * @typedef {object} Timeline
 * @property {() => Scale} scale
 * @property {(from: number, to: number) => void} show draws a span; says nothing to the address
 * @property {() => Scale} whole the scale of the overview
 * @property {() => void} draw
 * @property {(clientX: number, clientY: number) => void} hover
 * @property {() => void} leave
 * @property {(from: number, to: number) => void} brush 0, 0 takes it away
 * @property {(clientX: number, clientY: number) => readonly number[]} failuresAt
 * @property {(i: number) => void} point shows one failure, with its time in sight
 * @property {(text: string) => void} say
 */

/**
 * Draws the timeline into `box`: axis, charts and the lanes of each revision, all on one scale.
 * @param {HTMLElement} box
 * @param {HTMLElement} readout
 * @param {Data} data
 * @param {{ starts: Float64Array, lanes: Map<number, number[]> }} index
 * @returns {Timeline}
 */
export const newTimeline = (box, readout, data, { starts, lanes }) => {
  const endMs = Math.max(1, data.durationMs)
  let from = 0
  let to = endMs
  let scale = newScale(from, to, 0, 1)
  /** @type {number | null} */
  let pointed = null
  const overview = newCanvas('The whole run in small, and which part of it is shown')
  overview.className = 'overview'
  const axis = newCanvas('Time axis with the phases of the run')
  const charts = newCanvas(
    'Requests, failures, latency and requests in flight over time. The same is in the table of the charts.',
  )
  axis.className = 'axis'
  const legend = byId('kind-legend')
  let legendInk = ''
  const groups = newGroups(data, { starts, lanes }, () => draw())
  const hair = h('div', { class: 'hair', hidden: true })
  const brushed = h('div', { class: 'brush', hidden: true })
  const tip = h('div', { class: 'tip', hidden: true })
  box.replaceChildren(overview, axis, charts, ...groups.map((group) => group.box), hair, brushed, tip)

  const draw = () => {
    const total = box.clientWidth
    if (total === 0) return
    const left = total < 620 ? 86 : 200
    scale = newScale(from, to, left, total - left - 8)
    const colors = palette()
    const small = clear(overview, total, OVERVIEW_HEIGHT)
    if (small !== null) drawOverview(small, data, scale, colors, starts)
    const top = clear(axis, total, AXIS_HEIGHT)
    if (top !== null) {
      top.fillStyle = colors.back
      top.fillRect(0, 0, total, AXIS_HEIGHT)
      drawAxis(top, data, scale, colors)
    }
    const middle = clear(charts, total, chartsHeight(data))
    if (middle !== null) drawCharts(middle, data, scale, colors)
    if (legend !== null && legendInk !== colors.bad) {
      legendInk = colors.bad
      drawKindLegend(legend, data, colors)
    }
    for (const group of groups) group.layOut(scale)
    drawLanes()
    place()
  }

  /** Draws the lanes that are in the window; on paper, all of them. */
  const drawLanes = () => {
    const total = box.clientWidth
    const all = matchMedia('print').matches
    const frames = groups.map(({ room }) => room.getBoundingClientRect())
    const colors = palette()
    groups.forEach((group, i) => {
      const top = frames[i]?.top ?? 0
      if (!group.room.hidden && total > 0)
        group.draw(scale, colors, total, all ? 0 : -top, all ? (frames[i]?.height ?? 0) : innerHeight - top)
    })
  }
  let asked = false
  const drawSoon = () => {
    if (asked || box.clientWidth === 0) return
    asked = true
    requestAnimationFrame(() => {
      asked = false
      drawLanes()
    })
  }
  addEventListener('scroll', drawSoon, { passive: true })
  addEventListener('resize', drawSoon)

  /** Puts the line of the pointed failure where it belongs. */
  const place = () => {
    const ms = pointed === null ? null : (starts[pointed] ?? null)
    hair.hidden = ms === null || ms < from || ms > to
    if (ms !== null) hair.style.transform = `translateX(${scale.x(ms)}px)`
  }

  /** @param {number} clientX @param {number} clientY */
  const rowAt = (clientX, clientY) => {
    for (const group of groups) {
      if (group.box.hidden || group.room.hidden) continue
      const frame = group.room.getBoundingClientRect()
      if (clientY < frame.top || clientY >= frame.bottom) continue
      const y = clientY - frame.top
      const row = group.rows.findLast(({ top }) => top <= y)
      if (row === undefined) return null
      return { row, mark: markAt(row.marks, clientX - frame.left) }
    }
    return null
  }

  /** @param {number} clientX @param {number} clientY */
  const failuresAt = (clientX, clientY) => {
    const found = rowAt(clientX, clientY)
    if (found?.mark === undefined) return []
    return (lanes.get(found.row.lane) ?? []).slice(found.mark.first, found.mark.first + found.mark.n)
  }

  /** @param {number} ms @param {number} other */
  const failuresIn = (ms, other) => firstFrom(starts, other) - firstFrom(starts, ms)

  /** @param {string} text */
  const say = (text) => {
    readout.textContent = text
  }

  /** @param {number} nextFrom @param {number} nextTo */
  const show = (nextFrom, nextTo) => {
    const span = Math.min(endMs, Math.max(LEAST_SPAN_MS, nextTo - nextFrom))
    from = Math.min(endMs - span, Math.max(0, nextFrom))
    to = from + span
    draw()
    say(`Shown: ${spanText(data, from, to, failuresIn(from, to))}.`)
  }

  return {
    scale: () => scale,
    whole: () => wholeScale(data, scale),
    draw,
    show,
    say,
    failuresAt,
    hover: (clientX, clientY) => {
      const frame = box.getBoundingClientRect()
      const x = clientX - frame.left
      const ms = scale.at(x)
      hair.hidden = x < scale.left
      hair.style.transform = `translateX(${scale.x(ms)}px)`
      say(momentText(data, ms))
      const found = rowAt(clientX, clientY)
      tip.hidden = found === null
      box.classList.toggle('on-mark', found?.mark !== undefined)
      if (found === null) return
      const lines = laneText(data, found.row.lane, ms)
      if (found.mark !== undefined) lines.push(markText(data, starts, failuresAt(clientX, clientY)))
      tip.replaceChildren(...lines.map((line) => h('div', {}, line)))
      const right = x > frame.width / 2
      tip.style.transform = `translate(${right ? x - 14 : x + 14}px, ${clientY - frame.top + 14}px)${right ? ' translateX(-100%)' : ''}`
    },
    leave: () => {
      tip.hidden = true
      box.classList.remove('on-mark')
      place()
    },
    brush: (a, b) => {
      brushed.hidden = a === b
      const x = scale.x(Math.min(a, b))
      brushed.style.transform = `translateX(${x}px)`
      brushed.style.width = `${scale.x(Math.max(a, b)) - x}px`
    },
    point: (i) => {
      pointed = i
      const ms = starts[i] ?? 0
      if (ms < from || ms > to) {
        const span = to - from
        show(ms - span / 2, ms + span / 2)
      } else place()
      const lane = lanes
      for (const [key, own] of lane)
        if (own.includes(i)) {
          say(
            `Failure ${i + 1} of ${starts.length} on ${data.pods[key]?.name ?? 'no known pod'}: ${markText(data, starts, [i]).replace('1 failure from', 'at')}. Enter opens it.`,
          )
          break
        }
    },
  }
}

/**
 * Words for the link that leads from a span to its failures.
 * @param {Float64Array} starts
 * @param {number} from
 * @param {number} to
 */
export const spanLink = (starts, from, to) => {
  const n = firstFrom(starts, to) - firstFrom(starts, from)
  return n === 0 ? '' : `List ${n === 1 ? 'the 1 failure' : `the ${countOf(n, 'failure')}`} of this span`
}
