import type { RunReport } from '../model/finding.ts'
import { escapeMarkdown, markdownCode, markdownFence } from './escape.ts'
import { countOf, countText, runClockText, utcClockText } from './format.ts'
import type { ReportTable } from './table.ts'
import { causeText } from './tables.ts'
import { reportView } from './view.ts'

export interface MarkdownOptions {
  /** Most characters: 65,536 for a comment on GitHub; a step summary may have 1 MiB. */
  readonly budget: number
}

const ROWS = 30
const FAILURES = 50

/** Columns whose text comes from the cluster or the wire, and is set in monospace. */
const MACHINE_COLUMNS = ['Pod', 'Kind', 'Threshold', 'Message', 'Request']

const tableText = (table: ReportTable, most: number): string => {
  const rows = table.rows.slice(0, most)
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const dropped = table.rows.length - rows.length
  return [
    line(table.columns.map(({ label }) => escapeMarkdown(label))),
    line(table.columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map((row) =>
      line(
        row.map(({ text }, i) =>
          MACHINE_COLUMNS.includes(table.columns[i]?.label ?? '') ? markdownCode(text) : escapeMarkdown(text),
        ),
      ),
    ),
    ...(dropped > 0 ? ['', `${countText(dropped)} more rows: see report.html.`] : []),
    ...table.notes.map((note) => `\n${escapeMarkdown(note)}`),
  ].join('\n')
}

const folded = (title: string, body: string): string =>
  `<details><summary>${escapeMarkdown(title)}</summary>\n\n${body}\n\n</details>`

const failuresTable = (report: RunReport): ReportTable => ({
  id: 'failures',
  title: `The first ${countText(Math.min(FAILURES, report.failureList.length))} failures`,
  columns: ['At (UTC)', 'Run time', 'Kind', 'Cause', 'Pod', 'Request', 'Message'].map((label) => ({
    label,
    align: 'left' as const,
    minWidth: 0,
    rank: 0,
  })),
  rows: report.failureList
    .slice(0, FAILURES)
    .map((failure) =>
      [
        utcClockText(report.startedAt, failure.startedAtMs),
        runClockText(failure.startedAtMs, 3),
        failure.kind,
        causeText(failure.cause, failure.mechanism),
        failure.pod ?? '–',
        `${failure.method} ${failure.path}`,
        failure.message,
      ].map((text) => ({ text })),
    ),
  notes: [],
})

interface Section {
  readonly name: string
  readonly text: string
}

/** Sections in order of weight: the first are kept whatever the budget. */
const sections = (raw: RunReport): { readonly head: string; readonly rest: readonly Section[] } => {
  const view = reportView(raw)
  const { report } = view
  const table = (id: string): ReportTable | undefined => view.tables.find((one) => one.id === id)
  const head = [
    `## ${view.verdictMark} ${view.verdictWord}: ${escapeMarkdown(view.title)}`,
    `**${escapeMarkdown(view.because)}**`,
    ...view.sentences.map(([label, text]) => `**${label}.** ${escapeMarkdown(text)}`),
  ].join('\n\n')
  const open = (id: string): Section[] => {
    const found = table(id)
    return found === undefined
      ? []
      : [{ name: found.title, text: `### ${escapeMarkdown(found.title)}\n\n${tableText(found, ROWS)}` }]
  }
  const closed = (id: string): Section[] => {
    const found = table(id)
    return found === undefined
      ? []
      : [{ name: found.title, text: folded(found.title, tableText(found, ROWS)) }]
  }
  const rest: Section[] = [
    ...(view.patch === null
      ? []
      : [
          {
            name: 'Patch',
            text: `### Patch\n\n${markdownFence(view.patch.text, 'yaml')}\n\n${escapeMarkdown(view.patch.because)}`,
          },
        ]),
    ...open('causes'),
    ...(report.findings.length === 0
      ? []
      : [
          {
            name: 'What to change, by cause',
            text: report.findings
              .map(
                ({ cause, mechanism, fix }) =>
                  `- **${escapeMarkdown(causeText(cause, mechanism))}**: ${escapeMarkdown(fix)}`,
              )
              .join('\n'),
          },
        ]),
    ...open('thresholds'),
    {
      name: 'What this run cannot tell',
      text: `### What this run cannot tell\n\n${view.limitations.map((text) => `- ${escapeMarkdown(text)}`).join('\n')}`,
    },
    ...open('rollouts'),
    ...open('kinds'),
    ...closed('gates'),
    ...closed('pods'),
    ...closed('drain'),
    ...closed('curve'),
    ...closed('latency'),
    ...(report.failureList.length === 0
      ? []
      : [
          {
            name: 'Failures',
            text: folded(failuresTable(report).title, tableText(failuresTable(report), FAILURES)),
          },
        ]),
    {
      name: 'Run',
      text: `${view.facts.map(([label, text]) => `${label} ${markdownCode(text)}`).join(' · ')}\n\n${escapeMarkdown(view.books)}`,
    },
  ]
  return { head, rest }
}

const droppedNote = (names: readonly string[]): string =>
  `\n\nLeft out to stay within the size limit: ${names.map(escapeMarkdown).join(', ')}. They are in report.html.\n`

/**
 * The report for a pull-request comment or a step summary, never longer than `budget` characters: whole sections are
 * left out, the least important first, and named at the end.
 */
export const renderMarkdown = (report: RunReport, { budget }: MarkdownOptions): string => {
  const { head, rest } = sections(report)
  const reserve = droppedNote(rest.map(({ name }) => name)).length
  let text = head
  const dropped: string[] = []
  for (const section of rest) {
    const joined = `${text}\n\n${section.text}`
    if (joined.length + reserve <= budget) text = joined
    else dropped.push(section.name)
  }
  text = dropped.length === 0 ? `${text}\n` : text + droppedNote(dropped)
  if (text.length <= budget) return text
  const note = '\n\n(cut to stay within the size limit)\n'
  const short = `## ${report.verdict.toUpperCase()}: ${countOf(report.requests.failed, 'failed request')}${note}`
  return short.slice(0, Math.max(0, budget))
}
