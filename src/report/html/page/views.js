import { parsePlace } from './route.js'

/**
 * Shows one view at a time, as the address says. What each view needs is made when it is first seen.
 * @param {Record<string, (query: URLSearchParams) => void>} onShow
 */
export const bindViews = (onShow) => {
  const views = [...document.querySelectorAll('section.view')]
  const links = [...document.querySelectorAll('nav [data-view]')]
  /** How far down each place was read, for the way back; a link leads to the top. @type {Map<string, number>} */
  const heights = new Map()
  let wanted = false
  /** @param {boolean} byUser */
  const follow = (byUser) => {
    const { view, query } = parsePlace(location.hash)
    const found = views.find(({ id }) => id === view) ?? views[0]
    if (found === undefined || (view === 'main' && byUser)) return
    const changed = found.hasAttribute('hidden')
    for (const one of views) one.toggleAttribute('hidden', one !== found)
    const tab = found.id === 'failure' ? 'failures' : found.id
    for (const link of links)
      if (link.getAttribute('data-view') === tab) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    onShow[found.id]?.(query)
    if (!byUser || !(found instanceof HTMLElement)) return
    const before = wanted ? undefined : heights.get(location.hash)
    wanted = false
    if (before !== undefined) return scrollTo(0, before)
    if (!changed && found.id !== 'failure') return
    found.focus({ preventScroll: true })
    const top = document.querySelector('nav')?.getBoundingClientRect().top ?? 0
    if (top <= 0) document.querySelector('main')?.scrollIntoView()
  }
  addEventListener('scroll', () => heights.set(location.hash, scrollY), { passive: true })
  document.addEventListener('click', (event) => {
    if (event.target instanceof Element && event.target.closest('a[href^="#"]') !== null) wanted = true
  })
  // Left to itself, the browser would scroll before the view that it means is shown.
  history.scrollRestoration = 'manual'
  addEventListener('hashchange', () => follow(true))
  follow(false)

  /** On paper all views stand one below the other. @param {boolean} printing */
  const print = (printing) => {
    if (!printing) return follow(false)
    for (const one of views) {
      if (one.id === 'failure' && one.childElementCount === 0) continue
      one.removeAttribute('hidden')
      if (one.id !== 'failure') onShow[one.id]?.(new URLSearchParams())
    }
  }
  matchMedia('print').addEventListener('change', ({ matches }) => print(matches))
}
