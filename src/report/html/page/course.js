import { el, title } from './dom.js'
import { duration } from './text.js'

/** @typedef {import('./data.js').Data} Data */

const WIDTH = 560

/**
 * The course of one request: due, started, connected, written, first byte, failed; one bar, a part for each.
 * @param {Data} data
 * @param {number} i
 * @param {number} tookMs
 */
export const courseFigure = (data, i, tookMs) => {
  const more = data.failures.more
  if (more === null) return null
  const [intended, connected, written, first] = [
    more.intended[i],
    more.connected[i],
    more.written[i],
    more.first[i],
  ].map((tenths) => (tenths === null || tenths === undefined ? null : tenths / 10))
  const fresh = (connected ?? -1) >= 0
  /** @type {[string, string, number | null][]} */
  const stops = [
    ['waiting', 'late against its intended start', 0],
    ['connecting', fresh ? 'until connected' : '', fresh ? (connected ?? null) : null],
    ['sending', 'until written', written ?? null],
    ['answering', 'until the first byte', first ?? null],
    ['failing', 'until it failed', tookMs],
  ]
  const from = Math.min(0, intended ?? 0)
  const span = Math.max(0.1, tookMs - from)
  const x = (/** @type {number} */ ms) => ((ms - from) / span) * WIDTH
  let last = from
  const nodes = []
  const words = []
  for (const [name, text, at] of stops) {
    if (at === null || at < last || (name === 'waiting' && at - last < 0.1)) continue
    const said = `${duration(at - last)} ${text}`
    words.push(said)
    nodes.push(
      el(
        'rect',
        {
          class: name,
          x: x(last).toFixed(1),
          y: 2,
          width: Math.max(1, x(at) - x(last)).toFixed(1),
          height: 14,
        },
        title(said),
      ),
    )
    last = at
  }
  nodes.push(el('path', { class: 'mark', d: `M${WIDTH - 2} 5l8 8M${WIDTH + 6} 5l-8 8` }))
  const figure = document.createElement('figure')
  const caption = document.createElement('figcaption')
  caption.className = 'note'
  caption.textContent = words.join(', ')
  figure.append(
    el(
      'svg',
      { class: 'course', viewBox: `0 0 ${WIDTH + 8} 18`, role: 'img', 'aria-label': words.join(', ') },
      ...nodes,
    ),
    caption,
  )
  return figure
}
