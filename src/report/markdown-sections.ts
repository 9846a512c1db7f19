import type { FailureVerdict, RunReport } from '../model/finding.ts'
import { escapeMarkdown, markdownCode, markdownFence } from './escape.ts'
import { countOf, countText, runClockText, utcClockText } from './format.ts'
import { cell, column, type ReportTable } from './table.ts'
import { causeText } from './tables.ts'
import { adviceText, failuresByCause, type ReportView } from './view.ts'

/** A part of the summary that is kept or left out as a whole, or shown with fewer rows. */
export interface MarkdownSection {
  /** What it is called where it had to be left out. */
  readonly name: string
  /** How many rows to try, most first; `[0]` for a part without rows. */
  readonly rows: readonly number[]
  render(rows: number): string
}

const ROWS = [30, 10, 3] as const
const FAILURE_ROWS = [200, 100, 50, 20, 5] as const
const MOST_CELL = 300
const MOST_PROSE = 3000

/** Columns whose text comes from the cluster or the wire, and is set in monospace. */
const MACHINE_COLUMNS = ['Pod', 'Kind', 'Threshold', 'Message', 'Request']

/** At most `most` characters, with an ellipsis where something is lost; never half a surrogate pair. */
const clip = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`

const prose = (text: string): string => escapeMarkdown(clip(text, MOST_PROSE))

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** A table in Markdown, with at most `most` rows and its notes. */
export const tableText = (table: ReportTable, most: number): string => {
  const rows = table.rows.slice(0, most)
  const dropped = table.rows.length - rows.length
  return [
    line(table.columns.map(({ label }) => escapeMarkdown(label))),
    line(table.columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map((row) =>
      line(
        row.map(({ text }, i) => {
          const shown = clip(text, MOST_CELL)
          return MACHINE_COLUMNS.includes(table.columns[i]?.label ?? '')
            ? markdownCode(shown)
            : escapeMarkdown(shown)
        }),
      ),
    ),
    ...(dropped > 0 ? ['', `${countText(dropped)} more rows: see report.html.`] : []),
    ...table.notes.map((note) => `\n${prose(note)}`),
  ].join('\n')
}

const folded = (title: string, body: string): string =>
  `<details><summary>${prose(title)}</summary>\n\n${body}\n\n</details>`

const plain = (name: string, text: string): MarkdownSection => ({ name, rows: [0], render: () => text })

const openTable = (table: ReportTable): MarkdownSection => ({
  name: table.title,
  rows: ROWS,
  render: (rows) => `### ${prose(table.title)}\n\n${tableText(table, rows)}`,
})

const foldedTable = (table: ReportTable): MarkdownSection => ({
  name: table.title,
  rows: ROWS,
  render: (rows) => folded(table.title, tableText(table, rows)),
})

/** `most` failures, some of each cause: the first of each, then the second of each, and so on; in order of time. */
const sampleOf = (
  groups: readonly (readonly FailureVerdict[])[],
  most: number,
): readonly FailureVerdict[] => {
  const chosen: FailureVerdict[] = []
  for (let nth = 0; chosen.length < most && groups.some(({ length }) => length > nth); nth++)
    for (const group of groups) {
      const failure = group[nth]
      if (failure !== undefined && chosen.length < most) chosen.push(failure)
    }
  return chosen.toSorted((a, b) => a.startedAtMs - b.startedAtMs || a.requestId - b.requestId)
}

const FAILURE_COLUMNS = ['At (UTC)', 'Run time', 'Kind', 'Cause', 'Pod', 'Request', 'Message']

const failuresSection = (report: RunReport): MarkdownSection => {
  const groups = failuresByCause(report).map(({ failures }) => failures)
  return {
    name: 'Failures',
    rows: FAILURE_ROWS,
    render: (rows) => {
      const sample = sampleOf(groups, rows)
      const all = report.requests.failed
      const title =
        sample.length >= all
          ? `All ${countOf(all, 'failure')}`
          : `${countText(sample.length)} of ${countText(all)} failures, the first of each cause`
      const table: ReportTable = {
        id: 'failures',
        title,
        columns: FAILURE_COLUMNS.map((label) => column(label, 0)),
        rows: sample.map((failure) =>
          [
            utcClockText(report.startedAt, failure.startedAtMs),
            runClockText(failure.startedAtMs, 3),
            failure.kind,
            causeText(failure.cause, failure.mechanism),
            failure.pod ?? '–',
            `${failure.method} ${failure.path}`,
            failure.message,
          ].map((text) => cell(text)),
        ),
        notes:
          sample.length >= all
            ? []
            : ['The others are in findings.jsonl, report.html and, with --format csv, failures.csv.'],
      }
      return folded(title, tableText(table, sample.length))
    },
  }
}

const figuresTable = ({ figures }: ReportView): ReportTable => ({
  id: 'figures',
  title: 'At a glance',
  columns: [column('Figure', 0), column('Value', 0, 0, 'right'), column('Note', 0)],
  rows: figures.map(({ label, value, note, bad }) => [
    cell(label),
    cell(value, bad ? 'bad' : 'good'),
    cell(note),
  ]),
  notes: [],
})

const patchSection = ({ patch }: ReportView): MarkdownSection[] =>
  patch === null
    ? []
    : [
        plain(
          'Patch',
          [
            '### Patch',
            markdownFence(clip(patch.text, 2 * MOST_PROSE), 'yaml'),
            prose(patch.because),
            ...(patch.command === null ? [] : [`Save as patch.yaml, then: ${markdownCode(patch.command)}`]),
          ].join('\n\n'),
        ),
      ]

const adviceSection = ({ report }: ReportView): MarkdownSection[] =>
  report.findings.length === 0
    ? []
    : [
        {
          name: 'What to change, by cause',
          rows: ROWS,
          render: (rows) =>
            report.findings
              .slice(0, rows)
              .map(
                (finding) =>
                  `- **${prose(causeText(finding.cause, finding.mechanism))}**: ${prose(adviceText(finding))}`,
              )
              .join('\n'),
        },
      ]

const limitationsSection = ({ limitations }: ReportView): MarkdownSection => ({
  name: 'What this run cannot tell',
  rows: ROWS,
  render: (rows) =>
    [
      '### What this run cannot tell\n',
      ...limitations.slice(0, rows).map((text) => `- ${prose(text)}`),
      ...(limitations.length > rows
        ? [`- and ${countOf(limitations.length - rows, 'more')}: see report.html`]
        : []),
    ].join('\n'),
})

/** What is kept whatever the budget: the verdict, why, and what broke, why, what to change. */
export const markdownHead = (view: ReportView): string =>
  [
    `## ${view.verdictMark} ${view.verdictWord}: ${escapeMarkdown(clip(view.title, MOST_CELL))}`,
    `**${prose(view.because)}**`,
    ...view.sentences.map(([label, text]) => `**${label}.** ${prose(text)}`),
  ].join('\n\n')

/** The rest of the summary, most important first. */
export const markdownSections = (view: ReportView): readonly MarkdownSection[] => {
  const { report } = view
  const table = (id: string, make: (table: ReportTable) => MarkdownSection): MarkdownSection[] => {
    const found = view.tables.find((one) => one.id === id)
    return found === undefined ? [] : [make(found)]
  }
  return [
    openTable(figuresTable(view)),
    ...patchSection(view),
    ...table('causes', openTable),
    ...adviceSection(view),
    ...table('judged-predictions', openTable),
    ...table('thresholds', openTable),
    limitationsSection(view),
    ...table('rollouts', openTable),
    ...table('kinds', openTable),
    ...table('gates', foldedTable),
    ...table('drain', foldedTable),
    ...table('curve', foldedTable),
    ...table('pods', foldedTable),
    ...table('latency', foldedTable),
    ...(report.failureList.length === 0 ? [] : [failuresSection(report)]),
    plain(
      'Run',
      `${view.facts.map(([label, text]) => `${label} ${markdownCode(clip(text, MOST_CELL))}`).join(' · ')}\n\n${escapeMarkdown(view.books)}`,
    ),
  ]
}
