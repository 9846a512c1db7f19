import type { Comparison } from '../../model/comparison.ts'
import { escapeMarkdown } from '../escape.ts'
import { tableText } from '../markdown-sections.ts'
import { comparisonView } from './view.ts'

const ROWS = 60

/** A comparison for a pull request or a step summary, never longer than `budget` bytes: the last tables go first. */
export const renderComparisonMarkdown = (
  comparison: Comparison,
  title: string,
  { budget }: { readonly budget: number },
): string => {
  const view = comparisonView(comparison, title)
  const head = [
    `## ${escapeMarkdown(view.title)}`,
    view.answer.map((sentence) => `- ${escapeMarkdown(sentence)}`).join('\n'),
  ]
  const notes =
    view.notes.length === 0
      ? []
      : [
          `### To know before believing it\n\n${view.notes.map((note) => `- ${escapeMarkdown(note)}`).join('\n')}`,
        ]
  const tables = view.tables
    .filter(({ rows }) => rows.length > 0)
    .map((table) => `### ${escapeMarkdown(table.title)}\n\n${tableText(table, ROWS)}`)
  const bytes = (text: string): number => new TextEncoder().encode(text).length
  for (let kept = tables.length; kept >= 0; kept--) {
    const left =
      kept < tables.length
        ? ['(Tables were left out to stay within the size limit: see the other reports.)']
        : []
    const text = `${[...head, ...tables.slice(0, kept), ...notes, ...left].join('\n\n')}\n`
    if (bytes(text) <= budget) return text
  }
  return `${escapeMarkdown(title).slice(0, Math.max(0, Math.floor(budget / 4) - 1))}\n`
}
