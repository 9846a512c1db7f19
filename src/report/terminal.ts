import picocolors from 'picocolors'
import type { RunReport, Verdict } from '../model/finding.ts'
import { escapeTerminal, escapeTerminalLines } from './escape.ts'
import { countText } from './format.ts'
import { causeText } from './tables.ts'
import { type Colors, terminalTable } from './terminal-table.ts'
import { textWidth, wrapText } from './text-layout.ts'
import { adviceText, type ReportView, reportView } from './view.ts'

export interface TerminalOptions {
  /** Columns of the terminal; below 40 it is laid out for 40. */
  readonly width: number
  readonly color: boolean
}

/** Prose is not set wider than this, however wide the terminal is. */
const MOST_PROSE = 110
const LABEL = 16

const paintVerdict = (colors: Colors, verdict: Verdict, text: string): string =>
  colors.bold({ passed: colors.green, failed: colors.red, inconclusive: colors.yellow }[verdict](text))

/** A label and its text, the text hanging beside the label, or below it where there is little room. */
const labelled = (label: string, text: string, width: number, colors: Colors): string[] => {
  const beside = width >= 70
  const indent = beside ? LABEL : 2
  const lines = wrapText(escapeTerminal(text), Math.min(width, MOST_PROSE) - indent)
  const hung = lines.map((line) => `${' '.repeat(indent)}${line}`)
  if (!beside) return [colors.bold(label), ...hung]
  const [first = '', ...rest] = hung
  return [`${colors.bold(label)}${' '.repeat(LABEL - label.length)}${first.slice(LABEL)}`, ...rest]
}

const head = (view: ReportView, width: number, colors: Colors): string[] => {
  const lines: string[] = []
  let line = ''
  for (const [label, text] of view.facts) {
    const item = `${label} ${escapeTerminal(text)}`
    const joined = line === '' ? item : `${line} · ${item}`
    if (textWidth(joined) <= width) line = joined
    else {
      if (line !== '') lines.push(line)
      line = item
    }
  }
  return [
    ...wrapText(`rollproof · ${escapeTerminal(view.title)}`, width).map(colors.bold),
    ...[...lines, line].flatMap((text) => wrapText(text, width)).map(colors.dim),
  ]
}

const verdictLines = (view: ReportView, width: number, colors: Colors): string[] => {
  const word = ` ${view.verdictMark} ${view.verdictWord} `
  const [first = '', ...rest] = wrapText(escapeTerminal(view.because), Math.min(width, MOST_PROSE) - 2)
  const painted = paintVerdict(colors, view.verdict, colors.inverse(word))
  const single = rest.length === 0 && textWidth(word) + 1 + textWidth(first) <= width
  return single ? [`${painted} ${first}`] : [painted, ...[first, ...rest].map((line) => `  ${line}`)]
}

const patchLines = (view: ReportView, width: number, colors: Colors): string[] => {
  if (view.patch === null) return []
  const { text, because, command } = view.patch
  return [
    '',
    colors.bold('Patch'),
    ...escapeTerminalLines(text)
      .replace(/\n+$/, '')
      .split('\n')
      .map((line) => `  ${colors.cyan(line)}`),
    ...wrapText(escapeTerminal(because), Math.min(width, MOST_PROSE) - 2).map((line) =>
      colors.dim(`  ${line}`),
    ),
    ...(command === null
      ? []
      : wrapText(`Save as patch.yaml, then: ${command}`, width - 2).map((line) => `  ${line}`)),
  ]
}

const figureLines = (view: ReportView, width: number, colors: Colors): string[] => {
  const labels = Math.max(...view.figures.map(({ label }) => textWidth(label)))
  const values = Math.max(...view.figures.map(({ value }) => textWidth(escapeTerminal(value))))
  const indent = labels + 2 + values + 2
  const beside = width - indent >= 30
  return view.figures.flatMap(({ label, value, note, bad }) => {
    const shown = escapeTerminal(value)
    const painted = (bad ? colors.red : colors.green)(colors.bold(shown))
    const start = `${label}${' '.repeat(labels - textWidth(label) + 2)}${painted}`
    const [first = '', ...rest] = wrapText(escapeTerminal(note), beside ? width - indent : width - 4)
    if (!beside) return [start, ...[first, ...rest].map((line) => colors.dim(`    ${line}`))]
    return [
      `${start}${' '.repeat(values - textWidth(shown) + 2)}${colors.dim(first)}`,
      ...rest.map((line) => ' '.repeat(indent) + colors.dim(line)),
    ]
  })
}

/** Below the table of causes: what to change for each, and what could not be told apart. */
const fixLines = (report: RunReport, width: number, colors: Colors): string[] =>
  report.findings.flatMap((finding) => {
    const label = escapeTerminal(causeText(finding.cause, finding.mechanism))
    return wrapText(`${label}: ${escapeTerminal(adviceText(finding))}`, Math.min(width, MOST_PROSE) - 2).map(
      (line, i) =>
        i === 0 ? `${colors.bold(line.slice(0, label.length))}${line.slice(label.length)}` : `  ${line}`,
    )
  })

/**
 * The report for a terminal or a log: verdict, what broke, why, what to change, the patch, then tables. Ends with
 * the verdict again, since the end is what stays in sight. No line is wider than `width`.
 */
export const renderTerminal = (report: RunReport, options: TerminalOptions): string => {
  const view = reportView(report)
  const colors = picocolors.createColors(options.color)
  const width = Math.max(40, Math.floor(options.width))
  const prose = Math.min(width, MOST_PROSE)
  const lines = [
    ...head(view, width, colors),
    '',
    ...verdictLines(view, width, colors),
    '',
    ...view.sentences.flatMap(([label, text]) => labelled(label, text, width, colors)),
    ...patchLines(view, width, colors),
    '',
    ...figureLines(view, prose, colors),
  ]
  for (const table of view.tables) {
    lines.push('', ...terminalTable(table, width, colors))
    if (table.id === 'causes') lines.push(...fixLines(view.report, width, colors))
  }
  lines.push('', colors.bold('What this run cannot tell'))
  for (const limitation of view.limitations)
    lines.push(
      ...wrapText(escapeTerminal(limitation), prose - 4).map(
        (line, i) => `${i === 0 ? '  - ' : '    '}${line}`,
      ),
    )
  lines.push('', ...wrapText(view.books, prose).map(colors.dim))
  if (report.failureList.length > 0)
    lines.push(
      ...wrapText(
        `Each of the ${countText(report.requests.failed)} failures, with its evidence: report.html, findings.jsonl.`,
        prose,
      ).map(colors.dim),
    )
  lines.push('', ...verdictLines(view, width, colors))
  return `${lines.join('\n')}\n`
}
