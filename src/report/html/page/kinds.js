import { pattern } from './palette.js'

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
