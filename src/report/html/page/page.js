import { bindCopy } from './copy.js'
import { indexFailures, readData } from './data.js'
import { byId } from './dom.js'
import { newDrain } from './drain.js'
import { showFailure } from './failure.js'
import { newFailureList } from './failures.js'
import { bindGestures } from './gestures.js'
import { newHeat } from './heat.js'
import { hashOf } from './route.js'
import { newTimeline, spanLink } from './timeline.js'
import { bindViews } from './views.js'

/** @typedef {import('./data.js').Data} Data */

/** @param {Data} data */
const start = (data) => {
  const index = indexFailures(data)
  const endMs = Math.max(1, data.durationMs)
  /** @type {Record<string, (query: URLSearchParams) => void>} */
  const onShow = {}
  /** @type {(() => void)[]} */
  const draws = []

  const [box, readout, tools, link] = ['timeline-plot', 'readout', 'tools', 'span-failures'].map(byId)
  if (box && readout && tools && link) {
    const timeline = newTimeline(box, readout, data, index)
    draws.push(timeline.draw)
    const relink = () => {
      const { from, to } = timeline.scale()
      link.textContent = spanLink(index.starts, from, to)
      const whole = from <= 0 && to >= endMs
      link.setAttribute(
        'href',
        whole ? '#failures' : hashOf('failures', { from: Math.floor(from) / 1000, to: Math.ceil(to) / 1000 }),
      )
    }
    bindGestures(box, tools, timeline, data, index, relink)
    onShow.timeline = (query) => {
      const from = Number(query.get('from') ?? 0) * 1000
      const to = query.has('to') ? Number(query.get('to')) * 1000 : endMs
      const shown = timeline.scale()
      if (Math.abs(shown.from - from) > 1 || Math.abs(shown.to - to) > 1 || shown.width === 1)
        timeline.show(Number.isFinite(from) ? from : 0, Number.isFinite(to) ? to : endMs)
      const at = query.get('at')
      if (at !== null) timeline.point(data.failures.id.indexOf(Number(at)))
      relink()
    }
  }

  const [filters, status, groups] = ['filters', 'filter-count', 'failure-groups'].map(byId)
  if (filters && status && groups) {
    /** @type {ReturnType<typeof newFailureList> | null} */
    let list = null
    onShow.failures = (query) => {
      list ??= newFailureList(filters, status, groups, data, index.starts)
      list.show(query)
    }
  }
  const page = byId('failure')
  if (page) onShow.failure = (query) => showFailure(page, data, index.starts, query)

  const [drainTools, which, order, cards, more] = [
    'drain-tools',
    'drain-which',
    'drain-order',
    'drain-cards',
    'drain-more',
  ].map(byId)
  if (
    drainTools &&
    cards &&
    more &&
    which instanceof HTMLSelectElement &&
    order instanceof HTMLSelectElement
  ) {
    const drain = newDrain({ tools: drainTools, which, order, cards, more }, data)
    onShow.drain = drain.show
  }

  const [heatBox, heatReadout] = ['heat', 'heat-readout'].map(byId)
  if (heatBox && heatReadout) {
    const heat = newHeat(heatBox, heatReadout, data)
    draws.push(heat.draw)
    onShow.latency = heat.draw
  }

  bindViews(onShow)
  const redraw = () => {
    for (const draw of draws) draw()
  }
  let lastWidth = document.documentElement.clientWidth
  new ResizeObserver(() => {
    if (document.documentElement.clientWidth === lastWidth) return
    lastWidth = document.documentElement.clientWidth
    redraw()
  }).observe(document.documentElement)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
  performance.mark('ready')
  document.documentElement.setAttribute('data-ready', '')
}

const [copy, patch, said] = ['copy', 'patch', 'copied'].map(byId)
if (copy && patch && said) bindCopy(copy, patch, said)

const block = byId('data')
if (block)
  readData(block).then(start, (error) => {
    const main = byId('main')
    main?.prepend(
      `The drawings of this page could not be read (${error instanceof Error ? error.message : 'unknown'}); the tables are whole.`,
    )
  })
