import { el, h } from './dom.js'
import { pattern } from './palette.js'
import { clear, newCanvas } from './surface.js'

/** @typedef {import('./palette.js').Palette} Palette */

/** Kinds by how far the request had come: few enough to be told apart by colour and pattern. */
export const FAMILIES = /** @type {const} */ (['connect', 'cut', 'timeout', 'answer', 'own'])
/** @typedef {typeof FAMILIES[number]} Family */

/** @type {Record<Family, string>} */
export const FAMILY_TEXT = {
  connect: 'no connection',
  cut: 'connection or answer cut',
  timeout: 'no answer in time',
  answer: 'wrong answer',
  own: 'our own machine',
}

/** @type {Record<string, Family>} */
const FAMILY = {
  'connect-refused': 'connect',
  'connect-timeout': 'connect',
  'connect-unreachable': 'connect',
  tls: 'connect',
  reset: 'cut',
  closed: 'cut',
  truncated: 'cut',
  timeout: 'timeout',
  protocol: 'answer',
  status: 'answer',
  check: 'answer',
  dns: 'own',
  client: 'own',
}

/** @param {string} kind @returns {Family} */
export const familyOf = (kind) => (Object.hasOwn(FAMILY, kind) ? (FAMILY[kind] ?? 'own') : 'own')

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Family} family
 * @param {Palette} colors
 */
export const familyPaint = (pen, family, colors) => {
  switch (family) {
    case 'connect':
      return colors['kind-1']
    case 'cut':
      return pattern(pen, 'hatch', colors.back, colors['kind-2'])
    case 'timeout':
      return pattern(pen, 'rows', colors.back, colors['kind-3'])
    case 'answer':
      return pattern(pen, 'dots', colors.back, colors['kind-4'])
    default:
      return pattern(pen, 'bars', colors.back, colors['kind-5'])
  }
}

/**
 * The families that occur, as a legend: a swatch painted as the chart is, the family, its kinds.
 * @param {HTMLElement} list
 * @param {import('./data.js').Data} data
 * @param {Palette} colors
 */
export const drawKindLegend = (list, data, colors) => {
  const kinds = Object.keys(data.series.failedByKind)
  const targets = data.pods.some(({ target }) => target.length > 0)
  list.replaceChildren(
    ...(targets
      ? [
          h(
            'li',
            {},
            el(
              'svg',
              { width: 26, height: 12, 'aria-hidden': 'true' },
              el('path', { class: 'healthy', d: 'M1 5h16v3H1zM19 5h2v3h-2zM23 5h2v3h-2z' }),
            ),
            'below that: target healthy, then not',
          ),
        ]
      : []),
    ...FAMILIES.filter((family) => kinds.some((kind) => familyOf(kind) === family)).map((family) => {
      const swatch = newCanvas('')
      swatch.setAttribute('aria-hidden', 'true')
      swatch.removeAttribute('role')
      swatch.removeAttribute('aria-label')
      swatch.style.width = '26px'
      const pen = clear(swatch, 26, 12)
      if (pen !== null) {
        pen.fillStyle = familyPaint(pen, family, colors)
        pen.fillRect(1, 1, 24, 10)
      }
      const own = kinds.filter((kind) => familyOf(kind) === family)
      return h('li', {}, swatch, `${FAMILY_TEXT[family]} (${own.join(', ')})`)
    }),
  )
}
