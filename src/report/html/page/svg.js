const NAMESPACE = 'http://www.w3.org/2000/svg'

/**
 * An SVG element. Text goes in as text nodes only, attributes through setAttribute: nothing is parsed as markup.
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 * @returns {SVGElement}
 */
export const el = (name, attributes, ...children) => {
  const element = document.createElementNS(NAMESPACE, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  element.append(...children)
  return element
}

/** @param {string} text */
export const title = (text) => el('title', {}, text)

/**
 * Moment in ms since run start as `m:ss`, with tenths where the span is short.
 * @param {number} ms
 * @param {number} decimals
 */
export const clock = (ms, decimals) => {
  const scale = 10 ** decimals
  const seconds = Math.round((ms / 1000) * scale) / scale
  const minutes = Math.floor(seconds / 60)
  const rest = (seconds - minutes * 60).toFixed(decimals)
  return `${minutes}:${rest.padStart(decimals === 0 ? 2 : decimals + 3, '0')}`
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 1_800_000, 3_600_000,
]

/**
 * Distance of the ticks of a time axis, for about `most` of them.
 * @param {number} spanMs
 * @param {number} most
 */
export const tickStep = (spanMs, most) => STEPS_MS.find((step) => spanMs / step <= most) ?? 7_200_000

/** @param {number | null | undefined} us */
export const latency = (us) => {
  if (us === null || us === undefined) return '–'
  if (us < 1000) return `${Math.round(us)} µs`
  return us < 1_000_000
    ? `${(us / 1000).toFixed(us < 100_000 ? 1 : 0)} ms`
    : `${(us / 1_000_000).toFixed(2)} s`
}
