/** Expressions that run inside the page; texts, since the tests are compiled without the types of a browser. */

/** Tries to run a script and a handler that came into the page; whether one of them ran. */
export const INJECT = `(() => {
  const script = document.createElement('script')
  script.textContent = 'globalThis.pwned = 1'
  document.body.append(script)
  const element = document.createElement('div')
  element.setAttribute('onclick', 'globalThis.pwned = 1')
  document.body.append(element)
  element.click()
  return 'pwned' in globalThis
})()`

/** What hostile text would have left behind. */
export const REMAINS = `({
  pwned: 'pwned' in globalThis,
  foreign: document.querySelectorAll('img, iframe, object, embed, form, base, link, math, template').length,
  scripts: document.scripts.length,
  handlers: [...document.querySelectorAll('*')].filter((element) =>
    element.getAttributeNames().some((name) => name.startsWith('on'))).length,
})`

/** Pixels by which the page is wider than its window. */
export const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

/** Texts whose contrast is below 4.5 (WCAG 2.2, 1.4.3; relative luminance as defined there). */
export const POOR_CONTRAST = `(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number)
  const channel = (value) => {
    const ratio = value / 255
    return ratio <= 0.04045 ? ratio / 12.92 : ((ratio + 0.055) / 1.055) ** 2.4
  }
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
  const backOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor)
      if (color.length === 3 || (color[3] ?? 0) > 0) return color
    }
    return [255, 255, 255]
  }
  return [...document.querySelectorAll('body *:not(svg *):not(script):not(style)')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
    .filter((element) => {
      const [a, b] = [light(parse(getComputedStyle(element).color)), light(backOf(element))]
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5
    })
    .map((element) => element.tagName + ' ' + element.className + ' ' + element.textContent.slice(0, 30))
})()`

/** Median time of a redraw, ms, of ten zooms: others on the machine hold some of them up. */
export const REDRAW_MS = `(async () => {
  const box = document.getElementById('timeline-plot')
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  const times = []
  for (let i = 0; i < 10; i++) {
    const startMs = performance.now()
    box.dispatchEvent(new KeyboardEvent('keydown', { key: i % 2 === 0 ? '+' : '0' }))
    times.push(performance.now() - startMs)
    await frame()
  }
  return times.sort((a, b) => a - b)[5]
})()`

/** How many different colours a canvas shows: 1 is an empty one. */
export const COLORS = (selector: string): string => `(() => {
  const canvas = document.querySelector(${JSON.stringify(selector)})
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const seen = new Set()
  for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2])
  return seen.size
})()`

/** From the start of the navigation until the script had set the page up, ms. */
export const OPENED_MS = `performance.getEntriesByName('ready')[0].startTime`

/** Each of 40 zoom and pan steps: time in the script, and until the frame after it has begun, ms. */
export const ZOOM_FRAMES_MS = `(async () => {
  const box = document.getElementById('timeline-plot')
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  const keys = ['+', '+', '+', 'ArrowRight', 'ArrowRight', 'ArrowLeft', '-', '-', '-', '0']
  const out = { draw: [], frame: [] }
  await frame()
  for (let i = 0; i < 40; i++) {
    const startMs = performance.now()
    box.dispatchEvent(new KeyboardEvent('keydown', { key: keys[i % keys.length] }))
    out.draw.push(performance.now() - startMs)
    await frame()
    out.frame.push(performance.now() - startMs)
  }
  return out
})()`

/** How many failures the timeline says that it shows. */
export const READY_COUNTS = `({
  shown: Number((/([\\d,]+) failures?\\.$/.exec(document.getElementById('readout').textContent)?.[1] ?? '-1').replaceAll(',', '')),
})`
