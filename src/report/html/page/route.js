/**
 * Where the reader is, as the hash of the page: `#failures?cause=A1&kind=reset`, `#timeline?from=66.2&to=89.1`.
 * @typedef {object} Place
 * @property {string} view
 * @property {URLSearchParams} query
 */

/** @param {string} hash @returns {Place} */
export const parsePlace = (hash) => {
  const text = hash.replace(/^#/, '')
  const cut = text.indexOf('?')
  return cut < 0
    ? { view: text, query: new URLSearchParams() }
    : { view: text.slice(0, cut), query: new URLSearchParams(text.slice(cut + 1)) }
}

/**
 * @param {string} view
 * @param {Record<string, string | number | null>} query without what is `null` or ''
 */
export const hashOf = (view, query) => {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query))
    if (value !== null && value !== '') params.set(key, String(value))
  const text = params.toString()
  return text === '' ? `#${view}` : `#${view}?${text}`
}

/**
 * Goes to a place, as a step that the back button undoes.
 * @param {string} hash
 */
export const go = (hash) => {
  if (hash !== location.hash) location.hash = hash
}

/**
 * Notes the place without a step of its own (panning, typing). Some viewers forbid it; then the address stays.
 * @param {string} hash
 */
export const note = (hash) => {
  try {
    history.replaceState(history.state, '', hash)
  } catch {
    // An embedded viewer without an address of its own: nothing is lost but the link.
  }
}
