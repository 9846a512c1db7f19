import { failureAt } from './data.js'
import { h, table } from './dom.js'
import { FACETS, facetCounts, matching } from './filter.js'
import { hashOf, note } from './route.js'
import { clock, count, countOf, duration, UNKNOWN, utc } from './text.js'

/** @typedef {import('./data.js').Data} Data */
/** @typedef {ReturnType<typeof failureAt>} Failure */

/** Rows of a group that are made at first, and with each further click. */
const ROWS = 50
/** More values than this are typed, not chosen. */
const MOST_OPTIONS = 200

const COLUMNS = [
  'Failure',
  'At (UTC)',
  'Run time',
  'Took',
  'Kind',
  'Request',
  'Pod',
  'Rollout',
  'vUser',
  'Connection',
  'Twin',
  'Sure',
]

/** The query as an object, for a link that keeps the filter. @param {URLSearchParams} query */
const entries = (query) => Object.fromEntries(query)

/**
 * @param {Data} data
 * @param {Failure} one
 * @param {URLSearchParams} query
 * @returns {(string | Node)[]}
 */
const row = (data, one, query) => [
  h('a', { href: hashOf('failure', { ...entries(query), id: one.id }) }, `#${one.id}`),
  utc(data.startedAtMs, one.startMs),
  clock(one.startMs, 3),
  duration(one.tookMs),
  one.status === null ? one.kind : `${one.kind} ${one.status}`,
  `${one.method} ${one.path}`,
  one.pod?.name ?? UNKNOWN,
  one.rollout === null ? UNKNOWN : String(one.rollout),
  String(one.vu),
  one.before === 0 ? 'fresh' : `used ${count(one.before)}×`,
  one.twin ?? UNKNOWN,
  one.sure,
]

/**
 * The failures of one cause: a heading that folds, what to change, and rows, more of them on demand.
 * @param {Data} data
 * @param {Float64Array} starts
 * @param {string} label
 * @param {readonly number[]} failures
 * @param {URLSearchParams} query
 */
const groupBox = (data, starts, label, failures, query) => {
  const finding = data.findings.find((one) => one.label === label)
  const id = `cause-${label.replace(/[^\w-]+/g, '-')}`
  const rows = table(COLUMNS, [], 'failures')
  const body = rows.querySelector('tbody')
  const more = h('button', { type: 'button' })
  let shown = 0
  const add = () => {
    for (const i of failures.slice(shown, shown + ROWS)) {
      const cells = row(data, failureAt(data, starts, i), query)
      body?.append(
        h(
          'tr',
          {},
          ...cells.map((cell, c) => (c === 0 ? h('th', { scope: 'row' }, cell) : h('td', {}, cell))),
        ),
      )
    }
    shown = Math.min(failures.length, shown + ROWS)
    more.textContent = `Show ${count(Math.min(ROWS, failures.length - shown))} more of ${count(failures.length)}`
    more.hidden = shown >= failures.length
  }
  more.addEventListener('click', add)
  add()
  return h(
    'details',
    { open: true, class: 'group-of-failures' },
    h(
      'summary',
      { id },
      h('span', { class: 'id' }, label),
      ` ${finding?.title ?? ''} `,
      h('span', { class: 'count' }, `(${countOf(failures.length, 'failure')})`),
    ),
    finding === undefined ? null : h('p', { class: 'note' }, `Change: ${finding.fix}`),
    h('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-labelledby': id }, rows),
    more,
  )
}

/**
 * The list of failures with its filters; the address holds what is asked for.
 * @param {HTMLElement} filters
 * @param {HTMLElement} status
 * @param {HTMLElement} box
 * @param {Data} data
 * @param {Float64Array} starts
 */
export const newFailureList = (filters, status, box, data, starts) => {
  const counts = facetCounts(data, starts)
  const inputs = FACETS.map(({ key, label }, f) => {
    const options = counts[f] ?? []
    const input =
      options.length > MOST_OPTIONS || key === 'vu'
        ? h('input', { type: 'search', name: key, autocomplete: 'off', size: '6' })
        : h(
            'select',
            { name: key },
            h('option', { value: '' }, 'all'),
            ...options.map(([value, n]) => h('option', { value }, `${value} (${count(n)})`)),
          )
    filters.append(h('label', {}, `${label} `, input))
    return input
  })
  const text = h('input', {
    type: 'search',
    name: 'q',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: 'path, message, #id …',
  })
  filters.append(h('label', {}, 'Text ', text))
  const all = h('a', { href: '#failures', class: 'clear' }, 'Clear')
  filters.append(all)
  /** @type {URLSearchParams} */
  let query = new URLSearchParams()

  const asked = () => {
    /** @type {Record<string, string>} */
    const next = {}
    for (const input of [...inputs, text])
      if (input instanceof HTMLInputElement || input instanceof HTMLSelectElement)
        next[input.name] = input.value.trim()
    return hashOf('failures', { ...next, from: query.get('from'), to: query.get('to') })
  }
  for (const input of inputs)
    input.addEventListener('change', () => {
      location.hash = asked()
    })
  /** What is being typed is shown at once, and is no step of its own. */
  filters.addEventListener('input', (event) => {
    if (!(event.target instanceof HTMLInputElement)) return
    note(asked())
    show(new URLSearchParams(asked().split('?')[1] ?? ''))
  })

  /** @param {URLSearchParams} next */
  const show = (next) => {
    if (box.childElementCount > 0 && next.toString() === query.toString()) return
    query = next
    for (const input of [...inputs, text])
      if (input instanceof HTMLInputElement || input instanceof HTMLSelectElement) {
        const value = next.get(input.name) ?? ''
        if (input.value.trim() !== value) input.value = value
      }
    const found = matching(data, starts, next)
    /** @type {Map<string, number[]>} */
    const groups = new Map()
    for (const i of found) {
      const label = data.words[data.failures.label[i] ?? -1] ?? ''
      const own = groups.get(label)
      if (own === undefined) groups.set(label, [i])
      else own.push(i)
    }
    const from = next.get('from')
    const to = next.get('to')
    const span =
      from === null && to === null
        ? ''
        : `, ${clock(Number(from ?? 0) * 1000, 1)} to ${to === null ? 'the end' : clock(Number(to) * 1000, 1)} of the run`
    const listed =
      starts.length === data.failed
        ? ''
        : ` (${count(data.failed - starts.length)} more are in findings.jsonl)`
    status.textContent = `${count(found.length)} of ${countOf(starts.length, 'failure')}${span}${listed}`
    all.hidden = [...next.keys()].length === 0
    box.replaceChildren(
      ...[...groups]
        .sort(([, a], [, b]) => b.length - a.length)
        .map(([label, own]) => groupBox(data, starts, label, own, next)),
    )
  }
  return { show }
}
