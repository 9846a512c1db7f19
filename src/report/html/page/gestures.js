import { go, hashOf, note } from './route.js'

/** @typedef {import('./timeline.js').Timeline} Timeline */
/** @typedef {import('./data.js').Data} Data */

/** @type {Record<string, string>} */
const KEYS = {
  '+': 'in',
  '=': 'in',
  '-': 'out',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  0: 'all',
  Escape: 'all',
  n: 'next',
  p: 'previous',
  Enter: 'open',
}

/** Seconds with three decimals at most, for the address. @param {number} ms */
export const seconds = (ms) => Number((ms / 1000).toFixed(3))

/**
 * Hash of a span of the timeline. Never the bare name of the view: to that the browser itself would move the focus.
 * @param {Data} data
 * @param {number} from
 * @param {number} to
 */
export const spanHash = (data, from, to) =>
  from <= 0 && to >= data.durationMs
    ? '#timeline?from=0'
    : hashOf('timeline', { from: seconds(from), to: seconds(to) })

/**
 * Pointer, wheel, keys and buttons of the timeline. A jump (button, brush, zoom by key) is a step in the browser's
 * history; moving about is not.
 * @param {HTMLElement} box
 * @param {HTMLElement} tools
 * @param {Timeline} timeline
 * @param {Data} data
 * @param {{ starts: Float64Array }} index
 * @param {() => void} onMove after each change of the span
 */
export const bindGestures = (box, tools, timeline, data, { starts }, onMove) => {
  const endMs = Math.max(1, data.durationMs)
  let pointed = -1

  /** @param {number} from @param {number} to */
  const clamp = (from, to) => {
    const span = Math.min(endMs, to - from)
    const begin = Math.min(endMs - span, Math.max(0, from))
    return [begin, begin + span]
  }
  /** @param {number} from @param {number} to */
  const jump = (from, to) => {
    const [a = 0, b = endMs] = clamp(from, to)
    timeline.show(a, b)
    onMove()
    go(spanHash(data, a, b))
  }
  /** @param {number} from @param {number} to */
  const slide = (from, to) => {
    const [a = 0, b = endMs] = clamp(from, to)
    timeline.show(a, b)
    onMove()
    note(spanHash(data, a, b))
  }
  /** @param {number} factor @param {number} around @param {(from: number, to: number) => void} how */
  const zoom = (factor, around, how) => {
    const { from, to } = timeline.scale()
    how(around - (around - from) * factor, around + (to - around) * factor)
  }
  /** @param {number} step */
  const stepTo = (step) => {
    if (starts.length === 0) return timeline.say('There is no failure.')
    const { from } = timeline.scale()
    if (pointed < 0) pointed = step > 0 ? starts.findIndex((ms) => ms >= from) - 1 : starts.length
    pointed = (pointed + step + starts.length) % starts.length
    timeline.point(pointed)
    const scale = timeline.scale()
    note(spanHash(data, scale.from, scale.to))
  }

  /** @param {string} command */
  const obey = (command) => {
    const { from, to } = timeline.scale()
    const step = (to - from) / 4
    if (command === 'all') jump(0, endMs)
    else if (command === 'in') zoom(0.5, (from + to) / 2, jump)
    else if (command === 'out') zoom(2, (from + to) / 2, jump)
    else if (command === 'left') slide(from - step, to - step)
    else if (command === 'right') slide(from + step, to + step)
    else if (command === 'next') stepTo(1)
    else if (command === 'previous') stepTo(-1)
    else if (command === 'open') {
      const id = data.failures.id[pointed]
      if (id !== undefined) go(hashOf('failure', { id }))
    } else {
      const rollout = data.rollouts.find(({ index }) => String(index) === command)
      const margin = rollout === undefined ? 0 : (rollout.to - rollout.from) * 0.08
      if (rollout !== undefined) jump(rollout.from - margin, rollout.to + margin)
    }
  }

  /** @param {MouseEvent} event */
  const timeAt = (event) => timeline.scale().at(event.clientX - box.getBoundingClientRect().left)

  /** Shows as much as before around the moment that the overview has under the pointer. @param {MouseEvent} event */
  const centre = (event) => {
    const { from, to } = timeline.scale()
    const ms = timeline.whole().at(event.clientX - box.getBoundingClientRect().left)
    slide(ms - (to - from) / 2, ms + (to - from) / 2)
  }

  /** @type {{ how: 'brush' | 'pan' | 'overview', ms: number, x: number, from: number, to: number } | null} */
  let drag = null
  box.addEventListener('pointerdown', (event) => {
    if (event.button > 1 || (event.target instanceof Element && event.target.closest('button') !== null))
      return
    const { from, to } = timeline.scale()
    if (event.target instanceof Element && event.target.classList.contains('overview')) {
      drag = { how: 'overview', ms: 0, x: event.clientX, from, to }
      return centre(event)
    }
    const how = event.shiftKey || event.button === 1 || event.pointerType === 'touch' ? 'pan' : 'brush'
    drag = { how, ms: timeAt(event), x: event.clientX, from, to }
  })
  box.addEventListener('pointermove', (event) => {
    if (drag?.how === 'overview') return centre(event)
    if (drag?.how === 'brush') timeline.brush(drag.ms, timeAt(event))
    if (drag?.how === 'pan') {
      const { width } = timeline.scale()
      const moved = ((event.clientX - drag.x) / width) * (drag.to - drag.from)
      slide(drag.from - moved, drag.to - moved)
    } else timeline.hover(event.clientX, event.clientY)
  })
  box.addEventListener('pointerleave', timeline.leave)
  window.addEventListener('pointercancel', () => {
    drag = null
    timeline.brush(0, 0)
  })
  window.addEventListener('pointerup', (event) => {
    if (drag === null) return
    const { how, ms, x } = drag
    drag = null
    timeline.brush(0, 0)
    if (how === 'brush' && Math.abs(event.clientX - x) > 6) {
      const at = timeAt(event)
      jump(Math.min(ms, at), Math.max(ms, at))
    } else if (how !== 'overview' && Math.abs(event.clientX - x) <= 6) open(event)
  })

  /** One failure opens; several are listed. @param {MouseEvent} event */
  const open = (event) => {
    if (!(event.target instanceof HTMLCanvasElement)) return
    const found = timeline.failuresAt(event.clientX, event.clientY)
    const [first, last] = [found[0], found.at(-1)]
    if (first === undefined || last === undefined) return
    if (found.length === 1) return go(hashOf('failure', { id: data.failures.id[first] ?? 0 }))
    go(
      hashOf('failures', {
        pod: data.pods[data.failures.pod[first] ?? -1]?.name ?? null,
        from: Math.floor(starts[first] ?? 0) / 1000,
        to: (Math.ceil(starts[last] ?? 0) + 1) / 1000,
      }),
    )
  }

  box.addEventListener('dblclick', () => jump(0, endMs))
  box.addEventListener(
    'wheel',
    (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault()
        zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event), slide)
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault()
        const { from, to, width } = timeline.scale()
        const moved = (event.deltaX / width) * (to - from)
        slide(from + moved, to + moved)
      }
    },
    { passive: false },
  )
  box.addEventListener('keydown', (event) => {
    const command = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key]
    if (command === undefined || event.target !== box) return
    event.preventDefault()
    obey(command)
  })
  tools.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-zoom]') : null
    if (button !== null) obey(button.getAttribute('data-zoom') ?? 'all')
  })
  tools.hidden = false
}
