import { filterRows } from './filter.js'
import { timeline } from './timeline.js'

/** @param {string} id */
const byId = (id) => document.getElementById(id)

const data = byId('data')
const box = byId('timeline')
const readout = byId('readout')
const tools = byId('tools')
if (data !== null && box !== null && readout !== null && tools !== null)
  timeline(box, readout, tools, JSON.parse(data.textContent ?? 'null'))

const input = byId('filter')
const count = byId('filter-count')
const filterBox = byId('filter-box')
if (input instanceof HTMLInputElement && count !== null && filterBox !== null)
  filterRows(input, count, filterBox)

const copy = byId('copy')
const patch = byId('patch')
const copied = byId('copied')
if (copy !== null && patch !== null && copied !== null) {
  copy.hidden = false
  copy.addEventListener('click', () => {
    const select = () => {
      getSelection()?.selectAllChildren(patch)
      copied.textContent = 'Selected: press Ctrl+C'
    }
    if (navigator.clipboard === undefined) select()
    else
      navigator.clipboard
        .writeText(patch.textContent ?? '')
        .then(() => (copied.textContent = 'Copied'), select)
  })
}
