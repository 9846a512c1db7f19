import { escapeHtml } from '../escape.ts'
import type { Cell, ReportTable } from '../table.ts'

/** Class of a cell: alignment and tone; the text of the cell says the same as its tone. */
const cellClass = (cell: Cell, align: 'left' | 'right'): string => {
  const classes = [...(align === 'right' ? ['n'] : []), ...(cell.tone === undefined ? [] : [cell.tone])]
  return classes.length === 0 ? '' : ` class="${classes.join(' ')}"`
}

/** A table that scrolls by itself where the page is narrow, reachable by keyboard. The first cell of a row is its head. */
export const tableHtml = (table: ReportTable, level: 2 | 3 = 3): string => {
  const head = table.columns
    .map(
      ({ label, align }) =>
        `<th scope="col"${align === 'right' ? ' class="n"' : ''}>${escapeHtml(label)}</th>`,
    )
    .join('')
  const rows = table.rows.map((row) => {
    const cells = row.map((cell, i) => {
      const attributes = cellClass(cell, table.columns[i]?.align ?? 'left')
      const text = escapeHtml(cell.text)
      return i === 0 ? `<th scope="row"${attributes}>${text}</th>` : `<td${attributes}>${text}</td>`
    })
    return `<tr>${cells.join('')}</tr>`
  })
  const id = `table-${table.id}`
  return [
    `<h${level} id="${id}">${escapeHtml(table.title)}</h${level}>`,
    `<div class="scroll" role="region" tabindex="0" aria-labelledby="${id}">`,
    `<table><thead><tr>${head}</tr></thead><tbody>`,
    ...rows,
    '</tbody></table></div>',
    ...table.notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`),
  ].join('\n')
}

/** A list of texts; empty when there are none. */
export const listHtml = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`
