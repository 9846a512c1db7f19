const SVG = 'http://www.w3.org/2000/svg'

/**
 * Text goes in as text nodes only, attributes through setAttribute: nothing is ever parsed as markup.
 * @template {Element} T
 * @param {T} element
 * @param {Record<string, string | number | boolean | null>} attributes
 * @param {(Node | string | null)[]} children
 * @returns {T}
 */
const fill = (element, attributes, children) => {
  for (const [key, value] of Object.entries(attributes))
    if (value !== null && value !== false) element.setAttribute(key, value === true ? '' : String(value))
  for (const child of children) if (child !== null) element.append(child)
  return element
}

/**
 * An HTML element.
 * @param {string} name
 * @param {Record<string, string | number | boolean | null>} [attributes]
 * @param {(Node | string | null)[]} children
 */
export const h = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children)

/**
 * An SVG element.
 * @param {string} name
 * @param {Record<string, string | number | boolean | null>} attributes
 * @param {(Node | string | null)[]} children
 */
export const el = (name, attributes, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children)

/** @param {string} text */
export const title = (text) => el('title', {}, text)

/** @param {string} id */
export const byId = (id) => document.getElementById(id)

/**
 * A table with a head row; the first cell of each row is its head.
 * @param {readonly string[]} columns
 * @param {readonly (readonly (string | Node)[])[]} rows
 * @param {string} [name] class of the table
 */
export const table = (columns, rows, name) =>
  h(
    'table',
    name === undefined ? {} : { class: name },
    h('thead', {}, h('tr', {}, ...columns.map((label) => h('th', { scope: 'col' }, label)))),
    h(
      'tbody',
      {},
      ...rows.map((row) =>
        h('tr', {}, ...row.map((cell, i) => (i === 0 ? h('th', { scope: 'row' }, cell) : h('td', {}, cell)))),
      ),
    ),
  )
