import { courseFigure } from './course.js'
import { failureAt } from './data.js'
import { h, table } from './dom.js'
import { matching } from './filter.js'
import { seconds } from './gestures.js'
import { hashOf } from './route.js'
import { podsAround, storyFigure, storyRows } from './story.js'
import { clock, count, countOf, duration, offset, UNKNOWN, utc } from './text.js'

/** @typedef {import('./data.js').Data} Data */

/** A part of the page with a heading. @param {string} name @param {(Node | null)[]} children */
const part = (name, ...children) => h('section', {}, h('h3', {}, name), ...children)

/** @param {readonly (readonly [string, string | Node | null])[]} pairs what is `null` is left out */
const facts = (pairs) =>
  h(
    'dl',
    { class: 'pairs' },
    ...pairs.flatMap(([label, text]) =>
      text === null ? [] : [h('div', {}, h('dt', {}, label), h('dd', {}, text))],
    ),
  )

/** @param {string} phase @param {number | null} rollout */
const phaseText = (phase, rollout) => {
  if (rollout === null) return phase === '' ? null : phase
  return phase === '' || phase === 'rollout' ? `rollout ${rollout}` : `${phase} of rollout ${rollout}`
}

/** @param {readonly string[]} items */
const list = (items) => h('ul', {}, ...items.map((item) => h('li', {}, item)))

/** @param {Data} data @param {number} i */
const connectionPart = (data, i, /** @type {ReturnType<typeof failureAt>} */ one) => {
  const more = data.failures.more
  const history = more?.history[i] ?? []
  const rows = []
  for (let at = 0; at < history.length; at += 4)
    rows.push([
      offset((history[at] ?? 0) / 10),
      duration((history[at + 1] ?? 0) / 10),
      ['ok', 'failed', 'cut'][history[at + 2] ?? 0] ?? UNKNOWN,
      data.words[history[at + 3] ?? -1] ?? UNKNOWN,
    ])
  const connected = more?.connected[i] ?? null
  const idle = more?.idle[i] ?? null
  return part(
    'Connection',
    facts([
      [
        'State',
        one.before === 0
          ? 'fresh: made for this request'
          : `kept alive: had carried ${countOf(one.before, 'request')}`,
      ],
      ['Made', connected === null ? null : `${offset(connected / 10)} from the start of the request`],
      ['Idle before', idle === null ? null : duration(idle / 10)],
      ['From port', one.port === null ? null : String(one.port)],
      ['To', one.address],
      ['Number', more === null ? null : `${more.connection[i]} of worker ${more.worker[i]}`],
    ]),
    rows.length === 0
      ? null
      : h(
          'div',
          {
            class: 'scroll',
            role: 'region',
            tabindex: '0',
            'aria-label': 'Requests before on this connection',
          },
          table(['Before it, from the start', 'Took', 'Outcome', 'Pod'], rows),
        ),
  )
}

/** @param {Data} data @param {number} i */
const twinPart = (data, i, /** @type {ReturnType<typeof failureAt>} */ one) => {
  const twin = data.failures.more?.twin[i] ?? []
  if (one.twin === null) return part('Twin probe', h('p', {}, 'None was sent for this failure.'))
  const text =
    one.twin === 'ok'
      ? 'The same request on a fresh connection at once after it went well: not an outage of the whole path.'
      : `The same request on a fresh connection at once after it failed too: ${one.twin}.`
  return part(
    'Twin probe',
    h('p', {}, text),
    twin.length === 0
      ? null
      : facts([
          [
            'Sent',
            `${offset((twin[0] ?? 0) / 10)}, took ${duration(((twin[1] ?? 0) - (twin[0] ?? 0)) / 10)}`,
          ],
          ['To', data.words[twin[2] ?? -1] ?? null],
          ['Answered by', data.words[twin[3] ?? -1] ?? null],
        ]),
  )
}

/** @param {Data} data @param {number} i */
const evidencePart = (data, i, /** @type {ReturnType<typeof failureAt>} */ one) => {
  const seqs = data.lists[data.failures.facts[i] ?? 0] ?? []
  const reasons = data.lists[data.failures.ruledOut[i] ?? 0] ?? []
  const candidates = (data.lists[data.failures.candidates[i] ?? 0] ?? []).map(
    (code) => data.words[code] ?? '',
  )
  const ruledOut = []
  for (let at = 0; at < reasons.length; at += 2)
    ruledOut.push(`${data.words[reasons[at] ?? -1] ?? ''}: ${data.words[reasons[at + 1] ?? -1] ?? ''}`)
  return [
    part(
      'Evidence',
      seqs.length === 0
        ? h('p', {}, 'No fact of the cluster speaks for it.')
        : list(seqs.map((seq) => data.facts[String(seq)] ?? `#${seq} in events.jsonl`)),
      candidates.length === 0
        ? null
        : h(
            'p',
            {},
            `Could be ${candidates.join(' or ')}. To tell them apart: ${one.separator ?? 'pod identity'}.`,
          ),
    ),
    part('Ruled out', ruledOut.length === 0 ? h('p', {}, 'Nothing.') : list(ruledOut)),
  ]
}

/** @param {Data} data @param {Float64Array} starts @param {number} i @param {URLSearchParams} query */
const stepsOf = (data, starts, i, query) => {
  const around = matching(data, starts, query)
  const place = around.indexOf(i)
  /** @param {number | undefined} other @param {string} text */
  const link = (other, text) =>
    other === undefined
      ? h('span', { class: 'note' }, text)
      : h(
          'a',
          { href: hashOf('failure', { ...Object.fromEntries(query), id: data.failures.id[other] ?? 0 }) },
          text,
        )
  const rest = new URLSearchParams(query)
  rest.delete('id')
  return h(
    'p',
    { class: 'links' },
    h('a', { href: hashOf('failures', Object.fromEntries(rest)) }, '← All in this list'),
    link(place > 0 ? around[place - 1] : undefined, 'Previous'),
    link(place < 0 ? undefined : around[place + 1], 'Next'),
    place < 0 ? null : h('span', { class: 'note' }, `${count(place + 1)} of ${count(around.length)}`),
  )
}

/**
 * The page of one failure: what happened to the request, on which connection, what its pod was doing, and why it was
 * judged as it was.
 * @param {HTMLElement} box
 * @param {Data} data
 * @param {Float64Array} starts
 * @param {URLSearchParams} query
 */
export const showFailure = (box, data, starts, query) => {
  const i = data.failures.id.indexOf(Number(query.get('id') ?? -1))
  if (i < 0) {
    box.replaceChildren(
      h('h2', {}, 'No such failure'),
      h(
        'p',
        {},
        `Request ${query.get('id') ?? ''} is not among the failures of this run. `,
        h('a', { href: '#failures' }, 'All failures'),
      ),
    )
    return
  }
  const one = failureAt(data, starts, i)
  const finding = data.findings.find(({ label }) => label === one.label)
  const rest = new URLSearchParams(query)
  rest.delete('id')
  const more = data.failures.more
  const code = data.words[more?.code[i] ?? -1] ?? null
  const layer = data.words[more?.layer[i] ?? -1] ?? null
  const by = ['', 'by its name in the answers of this connection', 'by its address'][more?.by[i] ?? 0]
  const margin = Math.max(3000, one.tookMs)
  box.replaceChildren(
    stepsOf(data, starts, i, rest),
    h(
      'h2',
      {},
      `Failure #${one.id}: ${one.kind}${one.status === null ? '' : ` ${one.status}`}, `,
      h('span', { class: 'id' }, one.label),
    ),
    h(
      'p',
      { class: 'lead' },
      finding?.title ?? one.cause,
      h('span', { class: 'note' }, ` · confidence ${one.sure}`),
    ),
    finding === undefined ? '' : h('p', {}, h('strong', {}, 'Change: '), finding.fix),
    h(
      'div',
      { class: 'two' },
      part(
        'Request',
        facts([
          ['When', `${utc(data.startedAtMs, one.startMs)} UTC, ${clock(one.startMs, 3)} of the run`],
          ['What', `${one.method} ${one.path} (${one.template}), vUser ${one.vu}`],
          ['Failed with', `${one.message}${code === null ? '' : ` (${code})`}`],
          ['Means', data.kinds[one.kind] ?? null],
          ['Answered by', layer],
          ['Phase', phaseText(data.words[more?.phase[i] ?? -1] ?? '', one.rollout)],
          ['Pod', one.pod === null ? 'not known' : `${one.pod.name}${by === '' ? '' : `, ${by}`}`],
          ['Took', duration(one.tookMs)],
        ]),
        courseFigure(data, i, one.tookMs),
      ),
      connectionPart(data, i, one),
    ),
    part(
      podsAround(data, one)[0] === one.pod && one.pod !== null
        ? 'Its pod at that time'
        : 'Pods that were changing at that time',
      h(
        'p',
        { class: 'note' },
        'Moments from the start of the request. Kubernetes stamps whole seconds and tells late: ± is how far each moment is known.',
      ),
      h(
        'div',
        {
          class: 'scroll',
          role: 'region',
          tabindex: '0',
          'aria-label': 'The pods around the failure, drawn',
        },
        storyFigure(data, one),
      ),
      h(
        'div',
        {
          class: 'scroll',
          role: 'region',
          tabindex: '0',
          'aria-label': 'Events of the pods around the failure',
        },
        table(['From the start', '±', ...(one.pod === null ? ['Pod'] : []), 'What'], storyRows(data, one)),
      ),
      h(
        'p',
        {},
        h(
          'a',
          {
            href: hashOf('timeline', {
              from: seconds(Math.max(0, one.startMs - margin)),
              to: seconds(one.startMs + margin),
              at: one.id,
            }),
          },
          'Show on the timeline',
        ),
      ),
    ),
    h('div', { class: 'two' }, ...evidencePart(data, i, one), twinPart(data, i, one)),
  )
}
