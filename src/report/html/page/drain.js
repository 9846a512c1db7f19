import { drainCard } from './drain-card.js'
import { latest } from './life.js'
import { hashOf } from './route.js'
import { count } from './text.js'

/** @typedef {import('./data.js').Data} Data */
/** @typedef {import('./data.js').Pod} Pod */

const CARDS = 12

/** @type {Record<string, (a: Pod, b: Pod) => number>} */
const ORDERS = {
  failed: (a, b) => b.failed - a.failed || (latest(a.term) ?? 0) - (latest(b.term) ?? 0),
  time: (a, b) => (latest(a.term) ?? 0) - (latest(b.term) ?? 0),
  new: (a, b) => (b.drain?.newMs ?? -1) - (a.drain?.newMs ?? -1),
}

/**
 * A card for each pod that ended, as many as are asked for; the address holds which and in what order.
 * @param {{ tools: HTMLElement, which: HTMLSelectElement, order: HTMLSelectElement, cards: HTMLElement, more: HTMLElement }} parts
 * @param {Data} data
 */
export const newDrain = ({ tools, which, order, cards, more }, data) => {
  const ended = data.pods.filter(({ term }) => term !== null)
  tools.hidden = ended.length < 2
  /** @type {Pod[]} */
  let list = []
  const add = () => {
    const shown = cards.childElementCount
    cards.append(...list.slice(shown, shown + CARDS).map(drainCard))
    const left = list.length - cards.childElementCount
    more.hidden = left <= 0
    more.textContent = `Show ${count(Math.min(CARDS, left))} more of ${count(list.length)} pods`
  }
  more.addEventListener('click', add)
  for (const input of [which, order])
    input.addEventListener('change', () => {
      location.hash = hashOf('drain', {
        show: which.value === 'all' ? null : which.value,
        first: order.value === 'failed' ? null : order.value,
      })
    })
  return {
    /** @param {URLSearchParams} query */
    show: (query) => {
      which.value = query.get('show') === 'failed' ? 'failed' : 'all'
      order.value = Object.hasOwn(ORDERS, query.get('first') ?? '')
        ? (query.get('first') ?? 'failed')
        : 'failed'
      list = ended
        .filter(({ failed }) => which.value === 'all' || failed > 0)
        .sort(ORDERS[order.value] ?? ORDERS.failed)
      cards.replaceChildren()
      add()
    },
  }
}
