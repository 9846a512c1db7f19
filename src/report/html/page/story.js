import { el, title } from './dom.js'
import { latest, lifeOf } from './life.js'
import { offset, UNKNOWN } from './text.js'

/** @typedef {import('./data.js').Data} Data */
/** @typedef {import('./data.js').Pod} Pod */
/** @typedef {ReturnType<typeof import('./data.js').failureAt>} Failure */

/** How far before and after a failure its pod is looked at, and how near a change of another pod is. */
const BEFORE_MS = 20_000
const AFTER_MS = 15_000
const NEAR_MS = 5000
const MOST_PODS = 4

/** @type {readonly [string, 'created' | 'scheduled' | 'started' | 'ready' | 'term' | 'sigterm' | 'exit' | 'gone'][]} */
const MOMENTS = [
  ['created', 'created'],
  ['scheduled', 'scheduled'],
  ['container started', 'started'],
  ['Ready', 'ready'],
  ['Terminating', 'term'],
  ['SIGTERM due', 'sigterm'],
  ['exited', 'exit'],
  ['gone', 'gone'],
]

/** Its own pod where that is known; else those that changed nearest to it. @param {Data} data @param {Failure} one @returns {Pod[]} */
export const podsAround = (data, one) => {
  if (one.pod !== null) return [one.pod]
  const end = one.startMs + one.tookMs
  /** @param {Pod} pod */
  const near = (pod) =>
    Math.min(
      ...[pod.ready, pod.term, pod.exit, pod.gone].map((moment) => {
        const ms = latest(moment)
        return ms === null ? Number.POSITIVE_INFINITY : Math.max(0, one.startMs - ms, ms - end)
      }),
    )
  return data.pods
    .map((pod) => ({ pod, far: near(pod) }))
    .filter(({ far }) => far <= NEAR_MS)
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST_PODS)
    .map(({ pod }) => pod)
}

/**
 * Everything that is known of the pods around a failure, in order of time.
 * @param {Data} data
 * @param {Failure} one
 */
export const storyRows = (data, one) => {
  /** @type {{ at: number, pm: string, pod: string, what: string }[]} */
  const rows = [{ at: one.startMs, pm: '0', pod: '', what: '✗ this request started' }]
  rows.push({ at: one.startMs + one.tookMs, pm: '0', pod: '', what: `✗ it failed: ${one.message}` })
  for (const pod of podsAround(data, one)) {
    for (const [words, key] of MOMENTS) {
      const moment = pod[key]
      if (moment === null) continue
      const [earliest, last] = moment
      const middle = earliest === null ? last : (earliest + last) / 2
      const pm = earliest === null ? 'at the latest' : offset((last - earliest) / 2).replace('+', '± ')
      const code =
        key === 'exit' && pod.code !== null
          ? ` with ${pod.code}${pod.reason === null ? '' : ` (${pod.reason})`}`
          : ''
      rows.push({ at: middle, pm, pod: pod.name, what: words + code })
    }
    for (const [at, state] of pod.endpoint)
      rows.push({ at, pm: 'seen then', pod: pod.name, what: `endpoint ${state}` })
    for (const [at, state] of pod.target)
      rows.push({ at, pm: 'seen then', pod: pod.name, what: `target ${state}` })
    for (const [at, exitCode] of pod.restarts)
      rows.push({
        at,
        pm: 'seen then',
        pod: pod.name,
        what: `container restarted${exitCode === null ? '' : ` after exit ${exitCode}`}`,
      })
    for (const [at, reason, message] of pod.events)
      rows.push({ at, pm: 'seen then', pod: pod.name, what: `event ${reason}: ${message}` })
  }
  return rows
    .filter(({ at }) => at >= one.startMs - BEFORE_MS && at <= one.startMs + one.tookMs + AFTER_MS)
    .sort((a, b) => a.at - b.at)
    .map(({ at, pm, pod, what }) => [
      offset(at - one.startMs),
      pm,
      ...(one.pod === null ? [pod || UNKNOWN] : []),
      what,
    ])
}

const WIDTH = 900
const LEFT = 190
const TALL = 34

/**
 * The same drawn: a lane for each pod, whiskers for how far its moments are known, the request across all of them.
 * @param {Data} data
 * @param {Failure} one
 */
export const storyFigure = (data, one) => {
  const pods = podsAround(data, one)
  if (pods.length === 0) return el('svg', { width: 0, height: 0, 'aria-hidden': 'true' })
  const from = one.startMs - 6000
  const to = one.startMs + Math.min(Math.max(one.tookMs, 0), 20_000) + 6000
  /** @param {number} ms */
  const x = (ms) => LEFT + ((Math.min(to, Math.max(from, ms)) - from) / (to - from)) * (WIDTH - LEFT - 6)
  const nodes = []
  const step = to - from > 30_000 ? 5000 : 2000
  for (let ms = Math.ceil((from - one.startMs) / step) * step; one.startMs + ms <= to; ms += step) {
    nodes.push(el('path', { class: 'faint', d: `M${x(one.startMs + ms)} 14v${pods.length * TALL + 4}` }))
    nodes.push(
      el(
        'text',
        { class: 'scale middle', x: Math.min(x(one.startMs + ms), WIDTH - 20), y: 10 },
        ms === 0 ? 'start' : offset(ms),
      ),
    )
  }
  pods.forEach((pod, lane) => {
    const y = 20 + lane * TALL
    nodes.push(
      el(
        'text',
        { class: 'label end', x: LEFT - 8, y: y + 12 },
        pod.name.length > 27 ? `…${pod.name.slice(-26)}` : pod.name,
        title(pod.name),
      ),
    )
    for (const part of lifeOf(pod, data.durationMs)) {
      if (part.to < from || part.from > to) continue
      const thin = part.stage === 'exited'
      nodes.push(
        el(
          'rect',
          {
            class: part.stage,
            x: x(part.from),
            y: thin ? y + 7 : y,
            width: Math.max(1, x(part.to) - x(part.from)),
            height: thin ? 2 : 16,
          },
          title(part.words),
        ),
      )
    }
    for (const [words, key] of MOMENTS) {
      const moment = pod[key]
      if (moment === null || moment[1] < from || (moment[0] ?? moment[1]) > to) continue
      const [earliest, last] = moment
      const a = x(earliest ?? last)
      nodes.push(
        el(
          'path',
          { class: 'whisker', d: `M${a} ${y + 19}v6M${a} ${y + 22}H${x(last)}M${x(last)} ${y + 19}v6` },
          title(`${words}, ${offset((earliest ?? last) - one.startMs)} to ${offset(last - one.startMs)}`),
        ),
      )
    }
  })
  const bottom = 20 + pods.length * TALL
  const wide = Math.max(2, x(one.startMs + one.tookMs) - x(one.startMs))
  nodes.push(el('rect', { class: 'exposure', x: x(one.startMs), y: 14, width: wide, height: bottom - 14 }))
  nodes.push(el('path', { class: 'request', d: `M${x(one.startMs)} 14V${bottom}` }))
  return el(
    'svg',
    {
      class: 'story',
      viewBox: `0 0 ${WIDTH} ${bottom + 2}`,
      role: 'img',
      'aria-label': 'The pods around the failure. The same is in the table below.',
    },
    ...nodes,
  )
}
