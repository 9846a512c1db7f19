import { failureAt, firstFrom } from './data.js'

/** @typedef {import('./data.js').Data} Data */
/** @typedef {ReturnType<typeof failureAt>} Failure */

/** What failures can be filtered by: the key in the address, its label, and what a failure says. */
export const FACETS = /** @type {const} */ ([
  { key: 'cause', label: 'Cause', of: (/** @type {Failure} */ one) => one.label },
  { key: 'kind', label: 'Kind', of: (/** @type {Failure} */ one) => one.kind },
  { key: 'pod', label: 'Pod', of: (/** @type {Failure} */ one) => one.pod?.name ?? 'not known' },
  {
    key: 'rollout',
    label: 'Rollout',
    of: (/** @type {Failure} */ one) => (one.rollout === null ? 'none' : String(one.rollout)),
  },
  { key: 'method', label: 'Method', of: (/** @type {Failure} */ one) => one.method },
  { key: 'vu', label: 'vUser', of: (/** @type {Failure} */ one) => String(one.vu) },
])

/**
 * Indexes of the failures that the address asks for, in order of time.
 * @param {Data} data
 * @param {Float64Array} starts
 * @param {URLSearchParams} query
 */
export const matching = (data, starts, query) => {
  const from = query.get('from')
  const to = query.get('to')
  const begin = from === null ? 0 : firstFrom(starts, Number(from) * 1000)
  const end = to === null ? starts.length : firstFrom(starts, Number(to) * 1000)
  const wanted = FACETS.flatMap(({ key, of }) => {
    const value = query.get(key)
    return value === null || value === '' ? [] : [{ of, value }]
  })
  const words = (query.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const out = []
  for (let i = begin; i < end; i++) {
    if (wanted.length === 0 && words.length === 0) {
      out.push(i)
      continue
    }
    const one = failureAt(data, starts, i)
    if (!wanted.every(({ of, value }) => of(one) === value)) continue
    if (words.length > 0) {
      const text =
        `${one.id} ${one.kind} ${one.status ?? ''} ${one.label} ${one.method} ${one.path} ${one.pod?.name ?? ''} ${one.address ?? ''} ${one.message}`.toLowerCase()
      if (!words.every((word) => text.includes(word))) continue
    }
    out.push(i)
  }
  return out
}

/**
 * How often each value of each facet occurs among all failures, most first.
 * @param {Data} data
 * @param {Float64Array} starts
 */
export const facetCounts = (data, starts) => {
  const counts = FACETS.map(() => /** @type {Map<string, number>} */ (new Map()))
  for (let i = 0; i < starts.length; i++) {
    const one = failureAt(data, starts, i)
    FACETS.forEach(({ of }, f) => {
      const value = of(one)
      counts[f]?.set(value, (counts[f]?.get(value) ?? 0) + 1)
    })
  }
  return counts.map((of) =>
    [...of].sort(([a, n], [b, m]) => m - n || a.localeCompare(b, 'en', { numeric: true })),
  )
}
