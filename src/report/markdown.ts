import type { RunReport } from '../model/finding.ts'
import { escapeMarkdown } from './escape.ts'
import { countOf } from './format.ts'
import { type MarkdownSection, markdownHead, markdownSections } from './markdown-sections.ts'
import { reportView } from './view.ts'

/** A comment on GitHub: 65,536 characters. Counted in bytes here, which are never fewer. */
export const COMMENT_BUDGET = 65_536
/** The summaries of one step on GitHub Actions: 1 MiB. */
export const STEP_SUMMARY_BUDGET = 1_048_576

export interface MarkdownOptions {
  /** Most bytes in UTF-8. */
  readonly budget: number
}

const encoder = new TextEncoder()
const bytesOf = (text: string): number => encoder.encode(text).length

const leftOut = (names: readonly string[]): string =>
  `\n\nLeft out to stay within the size limit: ${names.map(escapeMarkdown).join(', ')}. They are in report.html.\n`

/** The section with as many of its rows as fit in `room` bytes; `null` = not even its fewest do. */
const shortened = (section: MarkdownSection, room: number): string | null => {
  for (const rows of section.rows) {
    const text = `\n\n${section.render(rows)}`
    if (bytesOf(text) <= room) return text
  }
  return null
}

/**
 * The report for a pull-request comment or a step summary, never longer than `budget` bytes. Where there is not enough
 * room a section shows fewer rows, and says so; or is left out, the least important first, and is named at the end.
 */
export const renderMarkdown = (report: RunReport, { budget }: MarkdownOptions): string => {
  const view = reportView(report)
  const sections = markdownSections(view)
  const parts = [markdownHead(view)]
  const dropped: string[] = []
  let room = budget - bytesOf(markdownHead(view)) - bytesOf(leftOut(sections.map(({ name }) => name)))
  for (const section of sections) {
    const text = shortened(section, room)
    if (text === null) dropped.push(section.name)
    else {
      parts.push(text)
      room -= bytesOf(text)
    }
  }
  const text = `${parts.join('')}${dropped.length === 0 ? '\n' : leftOut(dropped)}`
  if (bytesOf(text) <= budget) return text
  const short = `## ${report.verdict.toUpperCase()}: ${countOf(report.requests.failed, 'failed request')}\n\n(cut to stay within the size limit)\n`
  return short.slice(0, Math.max(0, budget))
}
