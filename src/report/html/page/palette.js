/** Colours of the style sheet that the canvases draw with. */
const NAMES = /** @type {const} */ ([
  'back',
  'sheet',
  'line',
  'text',
  'soft',
  'bad',
  'warn',
  'link',
  'ready',
  'rate',
  'amber',
  'amber-line',
  'stop',
  'roll',
  'grey',
  'p99',
  'good',
  'kind-1',
  'kind-2',
  'kind-3',
  'kind-4',
  'kind-5',
])

/** @typedef {Record<typeof NAMES[number], string>} Palette */

/** The colours as they are now: light, dark or print. @returns {Palette} */
export const palette = () => {
  const style = getComputedStyle(document.documentElement)
  return /** @type {Palette} */ (
    Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]))
  )
}

/** @type {Map<string, HTMLCanvasElement>} */
const tiles = new Map()

/**
 * One tile of a pattern, 6 px wide, kept.
 * @param {'hatch' | 'back-hatch' | 'dots' | 'bars' | 'rows'} shape
 * @param {string} ink
 * @param {string} ground
 */
const tileOf = (shape, ink, ground) => {
  const key = `${shape} ${ink} ${ground}`
  const known = tiles.get(key)
  if (known !== undefined) return known
  const tile = document.createElement('canvas')
  tile.width = 6
  tile.height = 6
  tiles.set(key, tile)
  const pen = tile.getContext('2d')
  if (pen === null) return tile
  if (ground !== '') {
    pen.fillStyle = ground
    pen.fillRect(0, 0, 6, 6)
  }
  pen.fillStyle = ink
  pen.strokeStyle = ink
  pen.lineWidth = 1.6
  if (shape === 'dots') pen.fillRect(1, 1, 2.4, 2.4)
  else if (shape === 'bars') pen.fillRect(0, 0, 2, 6)
  else if (shape === 'rows') pen.fillRect(0, 0, 6, 2)
  else {
    const rise = shape === 'hatch' ? 1 : -1
    for (const shift of [-6, 0, 6]) {
      pen.beginPath()
      pen.moveTo(shift, rise > 0 ? 6 : 0)
      pen.lineTo(shift + 6, rise > 0 ? 0 : 6)
      pen.stroke()
    }
  }
  return tile
}

/**
 * A repeating pattern, so that colour never tells alone.
 * @param {CanvasRenderingContext2D} target
 * @param {Parameters<typeof tileOf>[0]} shape
 * @param {string} ink
 * @param {string} ground '' = see-through
 */
export const pattern = (target, shape, ink, ground) =>
  target.createPattern(tileOf(shape, ink, ground), 'repeat') ?? ink
