import { failedChart, latencyChart, rateChart } from './charts.js'
import { exitLabel, failureMarks, lifeOf, podLane } from './lanes.js'
import { clock, el, latency, tickStep, title } from './svg.js'

/** @typedef {import('./charts.js').Scale} Scale */
/** @typedef {import('../timeline-data.ts').TimelineData} Data */

const LEAST_SPAN_MS = 200

/**
 * Draws the timeline into `box` and keeps it up to date with zoom, width and pointer.
 * @param {HTMLElement} box
 * @param {HTMLElement} readout
 * @param {HTMLElement} tools
 * @param {Data} data
 */
export const timeline = (box, readout, tools, data) => {
  const endMs = Math.max(1, data.durationMs)
  let from = 0
  let to = endMs
  /** @type {Scale} */
  let scale = { from, to, left: 0, width: 1, x: () => 0 }

  /** @type {Map<number, Data['failures'][number][]>} */
  const byLane = new Map()
  for (const failure of data.failures.toSorted((a, b) => a[0] - b[0])) {
    const known = byLane.get(failure[1])
    if (known === undefined) byLane.set(failure[1], [failure])
    else known.push(failure)
  }

  /** Lanes in order: a heading for each revision, its pods, then what belongs to no pod. */
  const revisions = [...new Set(data.pods.map(({ rev }) => rev))]

  /** @param {number} index */
  const isSeen = (index) => {
    const pod = data.pods[index]
    const lives = pod !== undefined && lifeOf(pod, endMs).some(([, begin, end]) => begin < to && end > from)
    return lives || (byLane.get(index) ?? []).some(([at]) => at >= from && at <= to)
  }

  const draw = () => {
    const total = Math.max(280, box.clientWidth)
    const narrow = total < 620
    const left = narrow ? 74 : 186
    const width = total - left - 6
    scale = { from, to, left, width, x: (ms) => left + ((ms - from) / (to - from)) * width }
    const front = []
    let y = 4

    // time axis
    const step = tickStep(to - from, narrow ? 5 : 10)
    const axisY = y + 12
    for (let ms = Math.ceil(from / step) * step; ms <= to; ms += step)
      front.push(
        el(
          'text',
          { class: 'scale', x: Math.min(scale.x(ms), left + width - 14), y: axisY, 'text-anchor': 'middle' },
          clock(ms, step < 1000 ? 1 : 0),
        ),
        el('line', { class: 'grid faint', x1: scale.x(ms), x2: scale.x(ms), y1: axisY + 4, y2: '100%' }),
      )
    y += 20

    // phases
    for (const phase of data.phases) {
      if (phase.to < from || phase.from > to) continue
      const x = scale.x(Math.max(phase.from, from))
      const wide = Math.max(1, scale.x(Math.min(phase.to, to)) - x - 1)
      front.push(
        el(
          'rect',
          {
            class: phase.label.startsWith('rollout') ? 'phase rolling' : 'phase',
            x,
            y,
            width: wide,
            height: 16,
          },
          title(`${phase.label}: ${clock(phase.from, 1)} to ${clock(phase.to, 1)}`),
        ),
      )
      if (wide > phase.label.length * 6.4 + 6)
        front.push(el('text', { class: 'phase-name', x: x + 4, y: y + 12 }, phase.label))
    }
    front.push(el('text', { class: 'label', x: left - 8, y: y + 12, 'text-anchor': 'end' }, 'phase'))
    y += 24

    // charts
    const charts = [
      ...rateChart(data.windows.ok, y, 44, scale),
      ...failedChart(data.windows.failed, y + 54, 36, scale),
      ...latencyChart(data.windows.p50, data.windows.p99, y + 100, 44, scale),
    ]
    front.push(el('g', { 'clip-path': 'url(#plot)' }, ...charts.filter((node) => node.tagName === 'path')))
    front.push(...charts.filter((node) => node.tagName !== 'path'))
    y += 154

    // lanes of the pods that lived or failed in this span
    const lane = data.pods.length > 60 ? 13 : 17
    const chars = narrow ? 9 : 26
    /** @param {string} name */
    const short = (name) => (name.length <= chars ? name : `…${name.slice(1 - chars)}`)
    const laneNodes = (/** @type {string} */ name, /** @type {number} */ index) => {
      const pod = data.pods[index]
      const marks = failureMarks(byLane.get(index) ?? [], data, y, lane, scale)
      front.push(
        el('line', { class: 'grid faint', x1: left, x2: left + width, y1: y + lane / 2, y2: y + lane / 2 }),
        el(
          'text',
          { class: 'label', x: left - 8, y: y + lane / 2 + 4, 'text-anchor': 'end' },
          short(name),
          title(name),
        ),
        el('g', { class: 'lane' }, ...(pod === undefined ? [] : podLane(pod, y, lane, scale, endMs))),
        ...(pod === undefined ? [] : exitLabel(pod, marks.right, y, lane, scale)),
        ...marks.nodes,
      )
      y += lane
    }
    let away = 0
    for (const revision of revisions) {
      const shown = [...data.pods.keys()].filter(
        (index) => data.pods[index]?.rev === revision && isSeen(index),
      )
      away += data.pods.filter(({ rev }) => rev === revision).length - shown.length
      if (shown.length === 0) continue
      front.push(
        el(
          'text',
          { class: 'revision', x: 4, y: y + 12 },
          revision === null ? 'revision unknown' : `revision ${revision}`,
        ),
      )
      y += 16
      for (const index of shown) laneNodes(data.pods[index]?.name ?? '', index)
      y += 3
    }
    if (byLane.has(-1)) laneNodes(narrow ? 'no pod' : 'of no known pod', -1)
    if (away > 0) {
      front.push(
        el('text', { class: 'label', x: left + 3, y: y + 12 }, `${away} pods did not live in this span`),
      )
      y += 16
    }
    y += 4

    // behind everything: rollouts; over everything: what was not seen
    const back = data.rollouts
      .filter((rollout) => rollout.to >= from && rollout.from <= to)
      .map((rollout) => {
        const x = scale.x(Math.max(rollout.from, from))
        return el('rect', {
          class: 'rollout',
          x,
          y: 44,
          width: Math.max(1, scale.x(Math.min(rollout.to, to)) - x),
          height: Math.max(0, y - 44),
        })
      })
    for (const span of data.blind) {
      if (span.to < from || span.from > to) continue
      const x = scale.x(Math.max(span.from, from))
      front.push(
        el(
          'rect',
          {
            class: 'blind',
            x,
            y: 20,
            width: Math.max(2, scale.x(Math.min(span.to, to)) - x),
            height: y - 20,
          },
          title(`not seen: ${span.what}, ${clock(span.from, 1)} to ${clock(span.to, 1)}`),
        ),
      )
    }
    const hair = el('line', { class: 'hair', id: 'hair', y1: 20, y2: y, x1: -9, x2: -9 })
    const brush = el('rect', { class: 'brush', id: 'brush', y: 20, height: y - 20, x: -9, width: 0 })
    const plot = el('clipPath', { id: 'plot' }, el('rect', { x: left, y: 0, width, height: y }))
    const svg = el(
      'svg',
      { width: total, height: y, viewBox: `0 0 ${total} ${y}`, role: 'img', 'aria-label': words() },
      plot,
      ...back,
      ...front,
      hair,
      brush,
    )
    box.replaceChildren(svg)
  }

  const words = () =>
    `${clock(from, 0)} to ${clock(to, 0)} of the run: ${data.pods.length} pods, ${data.rollouts.length} rollouts, ${
      data.failures.filter(([at]) => at >= from && at <= to).length
    } failures`

  /**
   * @param {number} nextFrom
   * @param {number} nextTo
   */
  const show = (nextFrom, nextTo) => {
    const span = Math.min(endMs, Math.max(LEAST_SPAN_MS, nextTo - nextFrom))
    from = Math.min(endMs - span, Math.max(0, nextFrom))
    to = from + span
    draw()
    readout.textContent = `Shown: ${words()}.`
  }

  /** @param {number} factor @param {number} around */
  const zoom = (factor, around) => show(around - (around - from) * factor, around + (to - around) * factor)

  /** @param {string} command */
  const obey = (command) => {
    const middle = (from + to) / 2
    const step = (to - from) / 4
    if (command === 'all') show(0, endMs)
    else if (command === 'in') zoom(0.5, middle)
    else if (command === 'out') zoom(2, middle)
    else if (command === 'left') show(from - step, to - step)
    else if (command === 'right') show(from + step, to + step)
    else {
      const rollout = data.rollouts.find(({ index }) => String(index) === command)
      if (rollout !== undefined) {
        const margin = (rollout.to - rollout.from) * 0.08
        show(rollout.from - margin, rollout.to + margin)
      }
    }
  }

  /** @param {MouseEvent} event */
  const timeAt = (event) => {
    const x = event.clientX - box.getBoundingClientRect().left
    return Math.min(to, Math.max(from, from + ((x - scale.left) / scale.width) * (to - from)))
  }

  /** @param {number} ms */
  const tell = (ms) => {
    const second = Math.floor(ms / 1000)
    const { ok, failed, p50, p99 } = data.windows
    /** @type {Record<string, number>} */
    const states = {}
    for (const pod of data.pods) {
      const part = lifeOf(pod, endMs).find(([, begin, end]) => ms >= begin && ms < end)
      if (part !== undefined) states[part[0]] = (states[part[0]] ?? 0) + 1
    }
    const names = {
      starting: 'starting',
      ready: 'ready',
      prestop: 'before SIGTERM',
      stopping: 'after SIGTERM',
      exited: 'exited',
    }
    const pods = Object.entries(names)
      .filter(([name]) => states[name] !== undefined)
      .map(([name, text]) => `${states[name]} ${text}`)
    const utc =
      data.startedAtMs === null ? '' : ` (${new Date(data.startedAtMs + ms).toISOString().slice(11, 23)} UTC)`
    readout.textContent = `${clock(ms, 1)}${utc}: ${ok[second] ?? 0} ok/s, ${failed[second] ?? 0} failed/s, p50 ${latency(p50[second])}, p99 ${latency(p99[second])}${
      pods.length === 0 ? '' : `; pods: ${pods.join(', ')}`
    }`
  }

  /** @type {number | null} */
  let dragFrom = null
  /** @param {string} id @param {Record<string, number>} attributes */
  const move = (id, attributes) => {
    const element = box.querySelector(`#${id}`)
    for (const [name, value] of Object.entries(attributes)) element?.setAttribute(name, String(value))
  }

  box.addEventListener('pointerdown', (event) => {
    if (event.button === 0 && event.pointerType !== 'touch') dragFrom = timeAt(event)
  })
  box.addEventListener('pointermove', (event) => {
    const at = timeAt(event)
    const x = scale.x(at)
    move('hair', { x1: x, x2: x })
    if (dragFrom !== null) {
      const start = scale.x(dragFrom)
      move('brush', { x: Math.min(start, x), width: Math.abs(x - start) })
    }
    tell(at)
  })
  box.addEventListener('pointerleave', () => move('hair', { x1: -9, x2: -9 }))
  window.addEventListener('pointerup', (event) => {
    if (dragFrom === null) return
    const at = timeAt(event)
    const start = dragFrom
    dragFrom = null
    if (Math.abs(scale.x(at) - scale.x(start)) > 6) show(Math.min(start, at), Math.max(start, at))
    else move('brush', { width: 0 })
  })
  box.addEventListener('click', (event) => {
    const mark = event.target instanceof Element ? event.target.closest('.marks') : null
    const row = mark === null ? null : document.getElementById(`f-${mark.getAttribute('data-request')}`)
    if (row === null) return
    row.closest('details')?.setAttribute('open', '')
    document.querySelector('.found')?.classList.remove('found')
    row.classList.add('found')
    row.scrollIntoView({ block: 'center' })
  })
  box.addEventListener('dblclick', () => show(0, endMs))
  box.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event))
    },
    { passive: false },
  )

  /** @type {Record<string, string>} */
  const KEYS = {
    '+': 'in',
    '=': 'in',
    '-': 'out',
    ArrowLeft: 'left',
    ArrowRight: 'right',
    0: 'all',
    Escape: 'all',
  }
  box.addEventListener('keydown', (event) => {
    const command = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key]
    if (command === undefined) return
    event.preventDefault()
    obey(command)
  })
  tools.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-zoom]') : null
    if (button !== null) obey(button.getAttribute('data-zoom') ?? 'all')
  })
  tools.hidden = false

  let lastWidth = 0
  new ResizeObserver(() => {
    if (box.clientWidth === lastWidth) return
    lastWidth = box.clientWidth
    draw()
  }).observe(box)
  lastWidth = box.clientWidth
  draw()
}
