import { el, h, table, title } from './dom.js'
import { seconds } from './gestures.js'
import { isOrdinaryExit, latest } from './life.js'
import { hashOf } from './route.js'
import { clock, count, countOf, duration, offset, UNKNOWN } from './text.js'

/** @typedef {import('./data.js').Pod} Pod */
/** @typedef {NonNullable<Pod['drain']>} Drain */

const WIDTH = 460
const LEFT = 30
const RIGHT = 6
/** Height of a row of names above the plot, of the plot, and where it begins and ends, px. */
const ROW = 11
const TALL = 74
const TOP = 4 * ROW + 2
const BASE = TOP + TALL

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

/** Stepped outline of values on top of others, as a closed path. */
const area = (
  /** @type {readonly number[]} */ values,
  /** @type {readonly number[]} */ below,
  /** @type {(bin: number) => number} */ x,
  /** @type {(value: number) => number} */ y,
) => {
  let up = ''
  let down = ''
  values.forEach((value, i) => {
    const floor = below[i] ?? 0
    const [a, b] = [x(i).toFixed(1), x(i + 1).toFixed(1)]
    up += `${i === 0 ? 'M' : 'L'}${a} ${y(floor + value).toFixed(1)}H${b}`
    down = `L${b} ${y(floor).toFixed(1)}H${a}${down}`
  })
  return up === '' ? 'M0 0' : `${up}${down}Z`
}

/**
 * The pod's moments as lines; their names stand above, in as many rows as they need not to touch.
 * @param {Pod} pod
 * @param {Drain} drain
 * @param {(ms: number) => number} x
 */
const momentLines = (pod, drain, x) => {
  const term = latest(pod.term) ?? drain.fromMs
  const end = drain.fromMs + drain.inFlight.length * drain.binMs
  /** @type {[number | null, string, string][]} */
  const moments = [
    [term, 'term-line', 'Terminating'],
    [latest(pod.sigterm), 'sigterm', 'SIGTERM'],
    [latest(pod.exit), 'exit-line', pod.code === null ? 'exit' : `exit ${pod.code}`],
    [latest(pod.gone), 'gone', 'gone'],
  ]
  const ends = [0, 0, 0, 0]
  return moments.flatMap(([ms, name, text]) => {
    if (ms === null || ms < drain.fromMs || ms > end) return []
    const at = x(ms)
    const wide = text.length * 5.6 + 8
    const left = at + wide > WIDTH
    const from = left ? at - wide : at
    const row = Math.max(
      0,
      ends.findIndex((last) => last <= from),
    )
    ends[row] = from + wide
    return [
      el(
        'path',
        { class: name, d: `M${at} ${row * ROW + 1}V${BASE}` },
        title(`${text}, ${offset(ms - term)}`),
      ),
      el('text', { class: left ? 'scale end' : 'scale', x: at + (left ? -3 : 3), y: row * ROW + 9 }, text),
    ]
  })
}

/**
 * @param {Pod} pod
 * @param {Drain} drain
 */
const figure = (pod, drain) => {
  const span = drain.inFlight.length * drain.binMs
  const term = latest(pod.term) ?? drain.fromMs
  /** @param {number} ms since run start */
  const x = (ms) => LEFT + ((ms - drain.fromMs) / span) * (WIDTH - LEFT - RIGHT)
  /** @param {number} bin */
  const binX = (bin) => x(drain.fromMs + bin * drain.binMs)
  const most = Math.max(1, ...drain.inFlight.map((value, i) => value + (drain.inVain[i] ?? 0)))
  const busiest = Math.max(1, ...drain.newConnections)
  /** @param {number} value */
  const y = (value) => BASE - (value / most) * TALL
  const hook = Math.min((pod.preStopSeconds ?? 0) * 1000, drain.fromMs + span - term)
  const fresh = drain.newConnections
    .map((value, i) =>
      value === 0 ? '' : `M${binX(i + 0.5).toFixed(1)} ${BASE}v${(-4 - (value / busiest) * 14).toFixed(1)}`,
    )
    .join('')
  const nodes = [
    ...(hook > 0
      ? [
          el(
            'rect',
            {
              class: 'covered',
              x: x(term),
              y: TOP,
              width: Math.max(1, x(term + hook) - x(term)),
              height: TALL,
            },
            title(`preStop: ${pod.preStopSeconds} s`),
          ),
        ]
      : []),
    el('path', { class: 'flying', d: area(drain.inFlight, [], binX, y) }),
    el('path', { class: 'vain', d: area(drain.inVain, drain.inFlight, binX, y) }),
    el('path', { class: 'new-line', d: fresh === '' ? 'M0 0' : fresh }),
    ...momentLines(pod, drain, x),
    ...drain.failed.flatMap((value, i) => {
      if (value === 0) return []
      const at = binX(i + 0.5)
      return [
        el(
          'path',
          { class: 'mark', d: `M${at - 3.5} ${TOP + 2}l7 7M${at + 3.5} ${TOP + 2}l-7 7` },
          title(countOf(value, 'failed request')),
        ),
      ]
    }),
    el('path', { class: 'grid', d: `M${LEFT} ${BASE}H${WIDTH - RIGHT}` }),
    el(
      'text',
      { class: 'scale end', x: LEFT - 4, y: TOP + 6 },
      most < 10 ? String(Math.round(most * 10) / 10) : count(most),
    ),
  ]
  const step =
    [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000].find((ms) => span / ms <= 8) ?? 120_000
  for (let ms = Math.ceil((drain.fromMs - term) / step) * step; term + ms <= drain.fromMs + span; ms += step)
    nodes.push(
      el(
        'text',
        { class: 'scale middle', x: Math.min(x(term + ms), WIDTH - 16), y: BASE + 12 },
        ms === 0 ? '0' : offset(ms),
      ),
    )
  return el(
    'svg',
    {
      class: 'drain',
      viewBox: `0 0 ${WIDTH} ${BASE + 16}`,
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
      (sum(drain.inVain) / part.length).toFixed(1),
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
      table(['From', 'In flight', 'Failing', 'Requests', 'New connections', 'Failed'], rows),
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
    ['Ready', ready === null || ready <= 0 ? 'before the run' : clock(ready, 1)],
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
