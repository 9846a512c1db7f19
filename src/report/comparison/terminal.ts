import picocolors from 'picocolors'
import type { Comparison } from '../../model/comparison.ts'
import { escapeTerminal } from '../escape.ts'
import { countText } from '../format.ts'
import type { ReportTable } from '../table.ts'
import { terminalTable } from '../terminal-table.ts'
import { wrapText } from '../text-layout.ts'
import { comparisonView } from './view.ts'

/** Prose is not set wider than this, however wide the terminal is. */
const MOST_PROSE = 110

/** Rows with a difference that was shown; the others are many, and are in the other reports. */
const onlyShown = (table: ReportTable): ReportTable => {
  const rows = table.rows.filter((row) => row.some(({ tone }) => tone === 'good' || tone === 'bad'))
  const left = table.rows.length - rows.length
  return left === 0
    ? table
    : {
        ...table,
        rows,
        notes: [...table.notes, `${countText(left)} more without a difference that was shown.`],
      }
}

/** A comparison for a terminal of `width` columns (at least 40): the answer, the tables, and what limits them. */
export const renderComparisonTerminal = (
  comparison: Comparison,
  title: string,
  options: { readonly width: number; readonly color: boolean },
): string => {
  const colors = picocolors.createColors(options.color)
  const width = Math.max(40, options.width)
  const view = comparisonView(comparison, title, 'little')
  const prose = (text: string): string[] => wrapText(escapeTerminal(text), Math.min(width, MOST_PROSE))
  const tables = view.tables
    .filter(({ id }) => id !== 'blocks')
    .map((table) => (table.id === 'other-differences' ? onlyShown(table) : table))
    .filter(({ rows }) => rows.length > 0)
  return [
    ...prose(`rollproof compare · ${view.title}`).map(colors.bold),
    '',
    ...view.answer.flatMap(prose),
    ...tables.flatMap((table) => ['', ...terminalTable(table, width, colors)]),
    ...(view.notes.length === 0 ? [] : ['', colors.bold('To know before believing it')]),
    ...view.notes.flatMap((note) =>
      wrapText(escapeTerminal(note), Math.min(width, MOST_PROSE) - 2).map(
        (line, i) => `${i === 0 ? '- ' : '  '}${line}`,
      ),
    ),
    '',
  ].join('\n')
}
