import { clock, el, title } from './svg.js'

/** @typedef {import('./charts.js').Scale} Scale */
/** @typedef {import('../timeline-data.ts').TimelineData} Data */
/** @typedef {Data['pods'][number]} Pod */

/**
 * The life of a pod as `[class, from, to, words]`; open ends run to the end of the run, unknown beginnings from its start.
 * @param {Pod} pod
 * @param {number} endMs
 * @returns {[string, number, number, string][]}
 */
export const lifeOf = (pod, endMs) => {
  /** @param {(number | null)[]} moments */
  const first = (...moments) => moments.find((moment) => moment !== null) ?? endMs
  const exit = pod.code === null ? 'exited' : `exited with ${pod.code}`
  /** @type {[string, number, number, string][]} */
  const parts = [
    ['starting', pod.created ?? endMs, first(pod.ready, pod.term, pod.exit, pod.gone), 'created, not ready'],
    ['ready', pod.ready ?? first(pod.term, endMs), first(pod.term, pod.exit, pod.gone), 'ready'],
    ['prestop', pod.term ?? endMs, first(pod.sigterm, pod.exit, pod.gone), 'terminating, before SIGTERM'],
    ['stopping', pod.sigterm ?? endMs, first(pod.exit, pod.gone), 'after SIGTERM'],
    ['exited', pod.exit ?? endMs, first(pod.gone), exit],
  ]
  if (pod.created === null && pod.ready === null)
    parts[1] = ['ready', 0, first(pod.term, pod.exit, pod.gone), 'there since before the run']
  return parts.filter(([, from, to]) => to > from)
}

/**
 * @param {Pod} pod
 * @param {number} y
 * @param {number} height
 * @param {Scale} scale
 * @param {number} endMs
 */
export const podLane = (pod, y, height, scale, endMs) => {
  const nodes = []
  for (const [name, from, to, words] of lifeOf(pod, endMs)) {
    if (to < scale.from || from > scale.to) continue
    const x = scale.x(Math.max(from, scale.from))
    const width = Math.max(1, scale.x(Math.min(to, scale.to)) - x)
    const thin = name === 'exited'
    nodes.push(
      el(
        'rect',
        { class: name, x, width, y: thin ? y + height / 2 - 1 : y + 3, height: thin ? 2 : height - 6 },
        title(`${pod.name}: ${words}, ${clock(from, 1)} to ${clock(to, 1)}`),
      ),
    )
  }
  /** @param {number | null} at */
  const seen = (at) => at !== null && at >= scale.from && at <= scale.to
  if (pod.sigterm !== null && seen(pod.sigterm))
    nodes.push(
      el(
        'path',
        { class: 'sigterm', d: `M${scale.x(pod.sigterm)} ${y + 1}v${height - 2}` },
        title(`${pod.name}: SIGTERM at ${clock(pod.sigterm, 1)}`),
      ),
    )
  if (pod.gone !== null && seen(pod.gone))
    nodes.push(
      el(
        'path',
        { class: 'gone', d: `M${scale.x(pod.gone)} ${y + 4}v${height - 8}` },
        title(`${pod.name}: gone at ${clock(pod.gone, 1)}`),
      ),
    )
  return nodes
}

/**
 * How the container ended, written behind the lane and behind `after` px, where the marks of its failures end.
 * @param {Pod} pod
 * @param {number} after
 * @param {number} y
 * @param {number} height
 * @param {Scale} scale
 */
export const exitLabel = (pod, after, y, height, scale) => {
  const end = pod.gone ?? pod.exit
  if (end === null || pod.code === null || end < scale.from || end > scale.to) return []
  const ordinary = pod.code === 0 || pod.code === 143
  const x = Math.min(Math.max(scale.x(end), after) + 5, scale.left + scale.width - 44)
  return [el('text', { class: ordinary ? 'end' : 'end bad', x, y: y + height / 2 + 3.5 }, `exit ${pod.code}`)]
}

/** Two crosses closer than this, px, are one with a number. */
const CROSS_PX = 11
const DIGIT_PX = 7

/** @param {number} n */
const tallyPx = (n) => (n > 1 ? 2 + DIGIT_PX * String(n).length : 0)

/**
 * Failures of one lane as crosses, those closer than a cross counted together.
 * @param {readonly Data['failures'][number][]} failures in order of time
 * @param {Data} data
 * @param {number} y
 * @param {number} height
 * @param {Scale} scale
 * @returns {{ nodes: SVGElement[], right: number }} the marks, and where the last one ends, px
 */
export const failureMarks = (failures, data, y, height, scale) => {
  /** @type {Data['failures'][number][][]} */
  const groups = []
  let right = Number.NEGATIVE_INFINITY
  for (const failure of failures) {
    if (failure[0] < scale.from || failure[0] > scale.to) continue
    const x = scale.x(failure[0])
    const group = groups.at(-1)
    const start = scale.x(group?.[0]?.[0] ?? 0)
    if (group !== undefined && x - start < CROSS_PX + tallyPx(group.length)) group.push(failure)
    else groups.push([failure])
    const last = groups.at(-1)
    right = scale.x(last?.[0]?.[0] ?? 0) + CROSS_PX / 2 + tallyPx(last?.length ?? 0)
  }
  const nodes = groups.map((group) => {
    const first = group[0]
    const x = scale.x(first?.[0] ?? 0)
    const middle = y + height / 2
    /** @type {Record<string, number>} */
    const counts = {}
    for (const [, , kind, cause] of group) {
      const name = `${data.kinds[kind]} (${data.causes[cause]})`
      counts[name] = (counts[name] ?? 0) + 1
    }
    const words = Object.entries(counts)
      .map(([name, n]) => `${n} ${name}`)
      .join(', ')
    const mark = el(
      'g',
      { class: 'marks', 'data-request': first?.[4] ?? '' },
      title(
        `${group.length === 1 ? '1 failure' : `${group.length} failures`} from ${clock(first?.[0] ?? 0, 3)}: ${words}`,
      ),
      el('rect', { class: 'hit', x: x - 5, y, width: 10, height }),
      el('path', { class: 'halo', d: `M${x - 4} ${middle - 4}l8 8M${x + 4} ${middle - 4}l-8 8` }),
      el('path', { class: 'mark', d: `M${x - 4} ${middle - 4}l8 8M${x + 4} ${middle - 4}l-8 8` }),
    )
    if (group.length > 1)
      mark.append(el('text', { class: 'tally', x: x + 6, y: middle + 3.5 }, String(group.length)))
    return mark
  })
  return { nodes, right }
}
