import { el, h, table, title } from './dom.js'
import { seconds } from './gestures.js'
import { isOrdinaryExit, latest } from './life.js'
import { hashOf } from './route.js'
import { clock, count, countOf, duration, offset, UNKNOWN } from './text.js'

/** @typedef {import('./data.js').Pod} Pod */
/** @typedef {NonNullable<Pod['drain']>} Drain */

const WIDTH = 520
const TALL = 84
const LEFT = 34
const RIGHT = 8

/**
 * How long preStop would have had to be for this pod, and whether its hook was; in words.
 * @param {Pod} pod
 * @param {Drain} drain
 */
export const coverText = (pod, drain) => {
  const needMs = Math.max(drain.newMs ?? 0, drain.lastFailedMs ?? 0)
  if (drain.newMs === null && drain.lastFailedMs === null)
    return 'No new connection reached it after its termination began: no preStop was needed for this pod.'
  const need = Math.ceil(needMs / 1000)
  const least = drain.censored ? 'at least ' : ''
  const had =
    pod.preStopSeconds === null
      ? ''
      : pod.preStopSeconds * 1000 >= needMs
        ? `; its ${pod.preStopSeconds} s covered it`
        : `; it had ${pod.preStopSeconds === 0 ? 'none' : `${pod.preStopSeconds} s`}`
  return `The last new connection came ${offset(needMs)} after the termination began: ${least}${need} s of preStop would have covered it${had}.`
}

/**
 * @param {Pod} pod
 * @param {Drain} drain
 */
const figure = (pod, drain) => {
  const bins = drain.inFlight.length
  const span = bins * drain.binMs
  const term = latest(pod.term) ?? drain.fromMs
  /** @param {number} ms since run start */
  const x = (ms) => LEFT + ((ms - drain.fromMs) / span) * (WIDTH - LEFT - RIGHT)
  const top = 14
  const base = top + TALL
  const most = Math.max(1, ...drain.inFlight)
  const busiest = Math.max(1, ...drain.newConnections)
  const nodes = []
  const hook = pod.preStopSeconds ?? 0
  if (hook > 0)
    nodes.push(
      el(
        'rect',
        {
          class: 'covered',
          x: x(term),
          y: top,
          width: Math.max(1, x(Math.min(term + hook * 1000, drain.fromMs + span)) - x(term)),
          height: TALL,
        },
        title(`preStop: ${hook} s`),
      ),
    )
  let area = `M${x(drain.fromMs)} ${base}`
  drain.inFlight.forEach((value, i) => {
    const y = base - (value / most) * (TALL - 26)
    area += `L${x(drain.fromMs + i * drain.binMs).toFixed(1)} ${y.toFixed(1)}H${x(drain.fromMs + (i + 1) * drain.binMs).toFixed(1)}`
  })
  nodes.push(el('path', { class: 'flying', d: `${area}V${base}Z` }))
  let fresh = ''
  drain.newConnections.forEach((value, i) => {
    if (value > 0)
      fresh += `M${x(drain.fromMs + (i + 0.5) * drain.binMs).toFixed(1)} ${base}v${(-4 - (value / busiest) * 14).toFixed(1)}`
  })
  nodes.push(el('path', { class: 'new-line', d: fresh === '' ? 'M0 0' : fresh }))
  drain.failed.forEach((value, i) => {
    if (value === 0) return
    const at = x(drain.fromMs + (i + 0.5) * drain.binMs)
    nodes.push(
      el(
        'path',
        { class: 'mark', d: `M${at - 3.5} ${top + 3}l7 7M${at + 3.5} ${top + 3}l-7 7` },
        title(countOf(value, 'failed request')),
      ),
    )
  })
  /** @param {number | null} ms @param {string} name @param {string} text @param {number} row */
  const line = (ms, name, text, row) => {
    if (ms === null || ms < drain.fromMs || ms > drain.fromMs + span) return
    nodes.push(
      el('path', { class: name, d: `M${x(ms)} ${top}V${base}` }, title(`${text}, ${offset(ms - term)}`)),
    )
    const late = x(ms) > WIDTH - 70
    nodes.push(
      el(
        'text',
        { class: late ? 'scale end' : 'scale', x: x(ms) + (late ? -3 : 3), y: top + 24 + row * 11 },
        text,
      ),
    )
  }
  line(term, 'term-line', 'Terminating', 0)
  line(latest(pod.sigterm), 'sigterm', 'SIGTERM', 1)
  line(latest(pod.exit), 'exit-line', pod.code === null ? 'exit' : `exit ${pod.code}`, 2)
  line(latest(pod.gone), 'gone', 'gone', 3)
  nodes.push(el('path', { class: 'grid', d: `M${LEFT} ${base}H${WIDTH - RIGHT}` }))
  nodes.push(
    el(
      'text',
      { class: 'scale end', x: LEFT - 4, y: base - (TALL - 26) + 4 },
      most < 10 ? String(Math.round(most * 10) / 10) : count(most),
    ),
  )
  const step = [500, 1000, 2000, 5000, 10_000, 20_000, 60_000].find((ms) => span / ms <= 8) ?? 120_000
  for (let ms = Math.ceil((drain.fromMs - term) / step) * step; term + ms <= drain.fromMs + span; ms += step)
    nodes.push(
      el('text', { class: 'scale middle', x: x(term + ms), y: base + 12 }, ms === 0 ? '0' : offset(ms)),
    )
  return el(
    'svg',
    {
      class: 'drain',
      viewBox: `0 0 ${WIDTH} ${base + 16}`,
      role: 'img',
      'aria-label': `Requests in flight and new connections of ${pod.name} around its termination. The same is in the table below.`,
    },
    ...nodes,
  )
}

const MOST_ROWS = 16

/** The figure as a table, in at most 16 steps. @param {Pod} pod @param {Drain} drain */
const figureTable = (pod, drain) => {
  const step = Math.max(1, Math.ceil(drain.inFlight.length / MOST_ROWS))
  const term = latest(pod.term) ?? drain.fromMs
  const rows = []
  for (let i = 0; i < drain.inFlight.length; i += step) {
    /** @param {readonly number[]} values */
    const sum = (values) => values.slice(i, i + step).reduce((total, value) => total + value, 0)
    const part = drain.inFlight.slice(i, i + step)
    rows.push([
      offset(drain.fromMs + i * drain.binMs - term),
      (sum(part) / part.length).toFixed(1),
      count(sum(drain.requests)),
      count(sum(drain.newConnections)),
      count(sum(drain.failed)),
    ])
  }
  return h(
    'details',
    {},
    h('summary', {}, 'As a table'),
    h(
      'div',
      { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': `Drain of ${pod.name} as a table` },
      table(['From', 'In flight', 'Requests', 'New connections', 'Failed'], rows),
    ),
  )
}

/**
 * One pod from Ready to gone: what still reached it, how it ended, and what preStop would have covered.
 * @param {Pod} pod
 */
export const drainCard = (pod) => {
  const term = latest(pod.term)
  /** @param {number | null} ms */
  const since = (ms) => (ms === null || term === null ? UNKNOWN : offset(ms - term))
  const ready = latest(pod.ready)
  const { drain } = pod
  const pairs = [
    ['Ready', ready === null ? 'before the run' : clock(ready, 1)],
    ['Terminating', term === null ? UNKNOWN : clock(term, 1)],
    ['Last new connection', since(pod.lastNew)],
    ['Last request', since(pod.lastRequest)],
    ['SIGTERM', since(latest(pod.sigterm))],
    [
      'Exit',
      `${since(latest(pod.exit))}${pod.code === null ? '' : `, code ${pod.code}${isOrdinaryExit(pod.code) ? '' : ` ✗${pod.reason === null ? '' : ` ${pod.reason}`}`}`}`,
    ],
    ['Gone', since(latest(pod.gone))],
    [
      'Hook, grace',
      `${pod.preStop ?? 'hook not known'}, ${pod.grace === null ? 'grace not known' : `grace ${pod.grace} s`}`,
    ],
  ]
  return h(
    'article',
    { class: 'card' },
    h(
      'h3',
      {},
      pod.name,
      ' ',
      pod.failed > 0
        ? h(
            'a',
            { class: 'bad', href: hashOf('failures', { pod: pod.name }) },
            `✗ ${countOf(pod.failed, 'failure')}`,
          )
        : h('span', { class: 'good' }, '✓ no failure'),
    ),
    drain === null || drain.inFlight.length === 0
      ? h('p', { class: 'note' }, 'Its traffic cannot be told: no answer named its pod.')
      : figure(pod, drain),
    drain === null ? '' : h('p', {}, coverText(pod, drain)),
    h(
      'dl',
      { class: 'pairs' },
      ...pairs.map(([label, text]) => h('div', {}, h('dt', {}, label ?? ''), h('dd', {}, text ?? ''))),
    ),
    drain === null || drain.inFlight.length === 0 ? '' : figureTable(pod, drain),
    drain?.censored === true
      ? h(
          'p',
          { class: 'note' },
          'It stopped listening before the silence could mean anything: the true drain may be longer.',
        )
      : '',
    term === null
      ? ''
      : h(
          'p',
          { class: 'links' },
          h(
            'a',
            {
              href: hashOf('timeline', {
                from: seconds(Math.max(0, term - 5000)),
                to: seconds((latest(pod.gone) ?? term) + 5000),
              }),
            },
            'Show on the timeline',
          ),
          drain === null
            ? ''
            : h('span', { class: 'note' }, `bins of ${duration(drain.binMs)}; probes included`),
        ),
  )
}
