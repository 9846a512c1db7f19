import Table from 'cli-table3'
import type { createColors } from 'picocolors'
import { escapeTerminal } from './escape.ts'
import { countText } from './format.ts'
import type { Cell, Column, ReportTable, Tone } from './table.ts'
import { textWidth, wrapText } from './text-layout.ts'

export type Colors = ReturnType<typeof createColors>

const GAP = 2
const MOST_ROWS = 24
/** A cell that would take more lines than this is cut, with an ellipsis: no name may push the rest out of sight. */
const MOST_LINES = 8

const paint = (colors: Colors, tone: Tone | undefined, text: string): string => {
  if (tone === 'good') return colors.green(text)
  if (tone === 'bad') return colors.red(text)
  if (tone === 'warn') return colors.yellow(text)
  return tone === 'quiet' ? colors.dim(text) : text
}

const longestWord = (text: string): number => Math.max(...text.split(' ').map(textWidth))

const cellLines = (text: string, width: number): string[] => {
  // A character is at most two units long, so that this holds more than the lines that are kept.
  const lines = wrapText(text.slice(0, 2 * width * (MOST_LINES + 2)), width)
  if (lines.length <= MOST_LINES) return lines
  const last = [...(lines[MOST_LINES - 1] ?? '')].slice(0, Math.max(0, width - 1))
  while (textWidth(last.join('')) > width - 1) last.pop()
  return [...lines.slice(0, MOST_LINES - 1), `${last.join('')}…`]
}

interface Fitted {
  /** Index of the column in the table. */
  readonly index: number
  readonly column: Column
  readonly width: number
}

/** Which columns stay, and how wide each is, so that all fit in `width`. Figures are never broken. */
const fitColumns = (table: ReportTable, cells: readonly (readonly string[])[], width: number): Fitted[] => {
  const sized = table.columns.map((column, index) => {
    const widest = Math.max(0, ...cells.map((row) => textWidth(row[index] ?? '')))
    const natural =
      column.align === 'right'
        ? Math.max(widest, longestWord(column.label))
        : Math.max(widest, textWidth(column.label))
    const least =
      column.align === 'right'
        ? natural
        : Math.min(natural, Math.max(column.minWidth, longestWord(column.label)))
    return { index, column, natural, least }
  })
  const room = (count: number): number => width - GAP * (count - 1)
  let kept = sized
  const sum = (key: 'natural' | 'least'): number => kept.reduce((total, one) => total + one[key], 0)
  while (kept.length > 1 && sum('least') > room(kept.length)) {
    const highest = Math.max(...kept.map(({ column }) => column.rank))
    if (highest === 0) break
    const last = kept.findLastIndex(({ column }) => column.rank === highest)
    kept = kept.filter((_, position) => position !== last)
  }
  const widths = kept.map(({ natural }) => natural)
  for (let over = sum('natural') - room(kept.length); over > 0; over--) {
    const slack = kept.map(({ least }, i) => ((widths[i] ?? 0) > least ? (widths[i] ?? 0) : 0))
    const widest = slack.indexOf(Math.max(...slack))
    if ((slack[widest] ?? 0) > 0) widths[widest] = (widths[widest] ?? 1) - 1
    else {
      // Narrower than can be read well, but never wider than the terminal.
      const broadest = widths.indexOf(Math.max(...widths))
      widths[broadest] = Math.max(1, (widths[broadest] ?? 1) - 1)
    }
  }
  return kept.map(({ index, column }, i) => ({ index, column, width: Math.max(1, widths[i] ?? 1) }))
}

/** At most `most` rows: those with something bad first, in their order; the rest is counted. */
const limitRows = (
  rows: readonly (readonly Cell[])[],
  most: number,
): { readonly rows: readonly (readonly Cell[])[]; readonly dropped: number } => {
  if (rows.length <= most) return { rows, dropped: 0 }
  const isBad = (row: readonly Cell[]): boolean => row.some(({ tone }) => tone === 'bad' || tone === 'warn')
  const chosen = new Set([...rows.filter(isBad), ...rows.filter((row) => !isBad(row))].slice(0, most))
  return { rows: rows.filter((row) => chosen.has(row)), dropped: rows.length - chosen.size }
}

/** One table as lines of at most `width` columns, with its title and notes. Cells are escaped here. */
export const terminalTable = (table: ReportTable, width: number, colors: Colors): string[] => {
  const { rows, dropped } = limitRows(table.rows, MOST_ROWS)
  const cells = rows.map((row) => row.map(({ text }) => escapeTerminal(text)))
  const fitted = fitColumns(table, cells, width)
  const drawn = new Table({
    head: fitted.map(({ column, width: columns }) =>
      wrapText(column.label, columns).map(colors.bold).join('\n'),
    ),
    colWidths: fitted.map((column) => column.width),
    colAligns: fitted.map(({ column }) => column.align),
    rowAligns: fitted.map(() => 'top' as const),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      right: '',
      'right-mid': '',
      mid: '─',
      'mid-mid': '──',
      middle: '  ',
    },
  })
  rows.forEach((row, r) => {
    drawn.push(
      fitted.map(({ index, width: columns }) =>
        cellLines(cells[r]?.[index] ?? '', columns)
          .map((line) => paint(colors, row[index]?.tone, line))
          .join('\n'),
      ),
    )
  })
  const hidden = table.columns.filter((_, index) => !fitted.some((one) => one.index === index))
  const notes = [
    ...table.notes,
    ...(dropped > 0 ? [`${countText(dropped)} more rows are in report.html and report.json.`] : []),
    ...(hidden.length > 0
      ? [`Not shown at this width: ${hidden.map(({ label }) => label).join(', ')}.`]
      : []),
  ]
  return [
    ...wrapText(table.title, width).map(colors.bold),
    ...drawn
      .toString()
      .split('\n')
      .map((line) => line.replace(/[ ]+$/, '')),
    ...notes.flatMap((note) => wrapText(note, width)).map(colors.dim),
  ]
}
