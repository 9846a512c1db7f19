/**
 * A canvas that is drawn anew as a whole.
 * @typedef {object} Surface
 * @property {HTMLCanvasElement} canvas
 * @property {CanvasRenderingContext2D} pen in CSS pixels
 */

/** @param {string} label what it shows, for those who cannot see it */
export const newCanvas = (label) => {
  const canvas = document.createElement('canvas')
  canvas.setAttribute('role', 'img')
  canvas.setAttribute('aria-label', label)
  return canvas
}

/**
 * Sizes the canvas for the screen's pixels and clears it; `null` where no canvas can be had.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width CSS px
 * @param {number} height CSS px
 * @returns {CanvasRenderingContext2D | null}
 */
export const clear = (canvas, width, height) => {
  const dense = Math.min(2, Math.max(1, devicePixelRatio || 1))
  const wide = Math.round(width * dense)
  const tall = Math.round(height * dense)
  if (canvas.width !== wide || canvas.height !== tall) {
    canvas.width = wide
    canvas.height = tall
    canvas.style.height = `${height}px`
  }
  const pen = canvas.getContext('2d')
  if (pen === null) return null
  pen.setTransform(dense, 0, 0, dense, 0, 0)
  pen.clearRect(0, 0, width, height)
  pen.font = '11px system-ui, sans-serif'
  pen.textBaseline = 'middle'
  return pen
}
