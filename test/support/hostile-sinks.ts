import { renderProgressEnd, renderProgressLine, renderRolloutLine } from '../../src/cli/progress-line.ts'
import type { ProgressState } from '../../src/cli/progress-state.ts'
import { renderProgress } from '../../src/cli/progress-view.ts'
import { compareRuns } from '../../src/correlator/compare/compare.ts'
import { redactData } from '../../src/kernel/redact.ts'
import type { Comparison } from '../../src/model/comparison.ts'
import type { RunReport } from '../../src/model/finding.ts'
import { renderAnnotations } from '../../src/report/annotations.ts'
import { renderStudyAnnotations } from '../../src/report/comparison/annotations.ts'
import { renderComparisonHtml } from '../../src/report/comparison/html.ts'
import { renderComparisonJson } from '../../src/report/comparison/json.ts'
import { renderComparisonMarkdown } from '../../src/report/comparison/markdown.ts'
import { renderComparisonTerminal } from '../../src/report/comparison/terminal.ts'
import { renderFailuresCsv } from '../../src/report/csv.ts'
import { PAGE_SCRIPT, PAGE_STYLE } from '../../src/report/html/page-source.ts'
import { renderHtml } from '../../src/report/html.ts'
import { renderFindings, renderJson } from '../../src/report/json.ts'
import { renderJunit } from '../../src/report/junit.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { predictionLines, renderPredictions } from '../../src/report/predictions.ts'
import { renderTerminal } from '../../src/report/terminal.ts'
import { madeStudy } from './measured-runs.ts'
import { readCsv } from './read-csv.ts'
import { tinyHostileRun } from './report-fixtures.ts'

/** Control characters of C0 (without line feed) and C1, bidirectional controls, separators, zero-width, tags, lone surrogates. */
const ACTIVE_CHARACTER =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not come through
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]|[\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/u

/** What a CI log obeys: a command at the start of a line, or the older form anywhere. */
const COMMAND = /^\s*::[\w-]+[^\n]*::|##\[|##vso\[/im

/** One way in which text leaves the program, and what in it would act. */
export interface Sink {
  readonly name: string
  /** Some 40 ms a report: it measures the width of each word many times. */
  readonly isSlow?: true
  render(report: RunReport): string
  /** What acts in `text`; `plain` is the same report with harmless words. Empty = nothing. */
  active(text: string, plain: string, report: RunReport): readonly string[]
}

const found = (text: string, pattern: RegExp): readonly string[] => {
  const match = pattern.exec(text)
  return match === null ? [] : [JSON.stringify(text.slice(Math.max(0, match.index - 20), match.index + 30))]
}

const differs = (what: string, a: unknown, b: unknown): readonly string[] =>
  JSON.stringify(a) === JSON.stringify(b) ? [] : [`${what} differ`]

const line = (text: string): readonly string[] => [...found(text, ACTIVE_CHARACTER), ...found(text, COMMAND)]

/** Names of all tags in order, with the names of their attributes: hostile text must not add, end or change one. */
const markupOf = (markup: string): readonly string[] =>
  [...markup.matchAll(/<(\/?[a-z!?][\w:-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)/gi)].map(
    ([, name, attributes = '']) => `${name}${attributes.replace(/="[^"]*"/g, '')}`,
  )

const bare = (html: string): string => html.replace(PAGE_SCRIPT, '').replace(PAGE_STYLE, '')

/** Links, mentions, images and HTML of Markdown that text could have made. */
const MARKDOWN_ACTIVE = /(?<![`\w])@\w|https?:\/\/|www\.\w|\]\(|!\[|<(?!\/?(?:details|summary|code)>)/i

const withoutFence = (markdown: string): string => markdown.replace(/^(`{3,})yaml\n[\s\S]*?\n\1$/m, '')

/** Cells in each line: a bar in a name would add one. */
const cellsOf = (markdown: string): readonly number[] =>
  markdown.split('\n').map((one) => one.split(/(?<!\\)\|/).length)

const FORMULA = /^[\s\u00a0]*[=+@|%\uff1d\uff0b\uff0d\uff20]|^[\s\u00a0]*-\D/

/** What a spreadsheet that separates fields at semicolons would see. */
const bySemicolon = (csv: string): readonly string[] =>
  csv
    .split(/\r\n|;/)
    .map((part) => part.replace(/^["']*(?=[=+\-@])/, (quotes) => (quotes.includes("'") ? quotes : '')))

const annotationIsPlain = (text: string): boolean =>
  text
    .split('\n')
    .filter((one) => one !== '')
    .every((one) => /^::(?:error|warning|notice) title=[^:,\r\n]*::[^\r\n]*$/.test(one))

const progressOf = (report: RunReport): ProgressState => {
  const text = report.name
  return {
    name: text,
    phases: [{ phase: text, rollout: 1, atMs: 0 }],
    rollouts: 2,
    rolloutsComplete: 1,
    rolling: null,
    elapsedMs: 20_000,
    expectedMs: null,
    started: 3,
    ok: 1,
    failed: 2,
    failedByKind: { [text]: 2 },
    inFlight: 0,
    seconds: [{ second: 19, ended: 3, failed: 2, p99Us: 4 }],
    p50Us: 1,
    p99Us: 4,
    pods: [
      { name: text, revision: 1, steps: [{ state: 'ready', atMs: 1 }], failedSeconds: new Set(), failed: 0 },
    ],
    failures: [{ kind: text, pod: text, count: 2, atMs: 19_000, request: text, message: text }],
    notice: text,
  }
}

const STAND_IN = 'STANDIN'

const made = compareRuns({
  runs: madeStudy({
    variants: { [STAND_IN]: { share: 0.9, median: 8, spread: 1 }, other: { share: 0, median: 1, spread: 0 } },
    control: STAND_IN,
    blocks: 2,
    restarts: 2,
    replicas: 2,
    seed: 1,
  }),
  control: STAND_IN,
  base: null,
  ablation: null,
  interleaved: true,
  seed: 1,
  notes: [STAND_IN],
  options: { rounds: 49 },
})

/** A comparison whose variants and notes are named as the report is. */
const comparisonOf = ({ name }: RunReport): Comparison =>
  JSON.parse(JSON.stringify(made), (_, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(STAND_IN, () => name) : value,
  )

export const SINKS: readonly Sink[] = [
  {
    name: 'terminal',
    isSlow: true,
    render: (report) => renderTerminal(report, { width: 80, color: false }),
    active: line,
  },
  {
    name: 'live view',
    render: (report) => renderProgress(progressOf(report), { width: 80, height: 24, color: false }),
    active: (text, plain) => [
      ...line(text),
      ...differs('lines', text.split('\n').length, plain.split('\n').length),
    ],
  },
  {
    name: 'log lines',
    render: (report) => {
      const state = progressOf(report)
      return [
        renderProgressLine(state),
        renderRolloutLine(state),
        renderProgressEnd(state),
        ...predictionLines(report.predictions?.made ?? []),
      ].join('\n')
    },
    active: (text, plain) => [
      ...line(text),
      ...differs('lines', text.split('\n').length, plain.split('\n').length),
    ],
  },
  {
    name: 'preflight',
    isSlow: true,
    render: (report) => renderPredictions(report.predictions?.made ?? [], { width: 80, color: false }),
    active: line,
  },
  {
    name: 'HTML',
    render: (report) => bare(renderHtml(report)),
    active: (text, plain) => [...line(text), ...differs('tags', markupOf(text), markupOf(plain))],
  },
  {
    name: 'JUnit',
    render: renderJunit,
    active: (text, plain) => [
      ...line(text),
      ...found(text, /\]\]>/),
      ...differs('tags', markupOf(text), markupOf(plain)),
    ],
  },
  {
    name: 'Markdown',
    render: (report) => renderMarkdown(report, { budget: 1_000_000 }),
    active: (text, plain) => [
      ...line(text),
      ...found(withoutFence(text), MARKDOWN_ACTIVE),
      ...differs('cells', cellsOf(withoutFence(text)), cellsOf(withoutFence(plain))),
    ],
  },
  {
    name: 'CSV',
    render: renderFailuresCsv,
    active: (text, plain) => [
      ...line(text.replaceAll('\r\n', '\n')),
      ...readCsv(text)
        .slice(1)
        .flat()
        .flatMap((field) => found(field, FORMULA)),
      ...bySemicolon(text).flatMap((field) => found(field, /^\s*[=+@]/)),
      ...differs(
        'fields',
        readCsv(text).map(({ length }) => length),
        readCsv(plain).map(({ length }) => length),
      ),
    ],
  },
  {
    name: 'JSON',
    render: renderJson,
    active: (text, _, report) => [
      ...line(text),
      ...differs('values', sorted(JSON.parse(text)), sorted(redactData(report))),
    ],
  },
  {
    name: 'findings.jsonl',
    render: ({ failureList }) => renderFindings(failureList),
    active: (text, plain) => [
      ...line(text),
      ...differs('lines', text.split('\n').length, plain.split('\n').length),
    ],
  },
  {
    name: 'comparison on a terminal',
    isSlow: true,
    render: (report) =>
      renderComparisonTerminal(comparisonOf(report), report.name, { width: 80, color: false }),
    active: line,
  },
  {
    name: 'comparison in Markdown',
    render: (report) => renderComparisonMarkdown(comparisonOf(report), report.name, { budget: 1_000_000 }),
    active: (text, plain) => [
      ...line(text),
      ...found(text, MARKDOWN_ACTIVE),
      ...differs('cells', cellsOf(text), cellsOf(plain)),
    ],
  },
  {
    name: 'comparison in HTML',
    render: (report) => renderComparisonHtml(comparisonOf(report), report.name),
    active: (text, plain) => [...line(text), ...differs('tags', markupOf(text), markupOf(plain))],
  },
  {
    name: 'comparison as JSON',
    render: (report) => renderComparisonJson(comparisonOf(report)),
    active: (text, _, report) => [
      ...line(text),
      ...differs('values', sorted(JSON.parse(text)), sorted(redactData(comparisonOf(report)))),
    ],
  },
  {
    name: 'annotations',
    render: (report) => renderAnnotations(report).join('\n'),
    active: (text, plain) => activeCommands(text, plain),
  },
  {
    name: 'annotations of a study',
    render: (report) =>
      renderStudyAnnotations({
        title: report.name,
        comparison: comparisonOf(report),
        verdict: 'inconclusive',
        because: [`${report.name} could not be measured`],
      }).join('\n'),
    active: (text, plain) => activeCommands(text, plain),
  },
]

const activeCommands = (text: string, plain: string): readonly string[] => [
  ...found(text, ACTIVE_CHARACTER),
  ...found(text, /##\[|##vso\[/i),
  ...(annotationIsPlain(text) ? [] : ['another command']),
  ...differs('lines', text.split('\n').length, plain.split('\n').length),
]

/** The same value with the keys of each object in order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

/** What of a report acts, by sink: `terminal: …`. Empty = it is inert in all of `sinks`. */
export const activeIn = (sinks: readonly Sink[], report: RunReport, what: string): readonly string[] =>
  sinks.flatMap((sink) =>
    sink.active(sink.render(report), plainOf(sink), report).map((why) => `${sink.name}: ${what}: ${why}`),
  )

const plains = new Map<string, string>()

const plainOf = (sink: Sink): string => {
  const known = plains.get(sink.name) ?? sink.render(tinyHostileRun('plain words'))
  plains.set(sink.name, known)
  return known
}
