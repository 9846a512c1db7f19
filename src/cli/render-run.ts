import { join, resolve } from 'node:path'
import type { HistoryRun } from '../correlator/budget/history-run.ts'
import { type Correlation, correlate } from '../correlator/correlate.ts'
import { type LongBundle, withBundle } from '../eventlog/bundle-reader.ts'
import { makeFolders, writeAtomic } from '../eventlog/bundle-writer.ts'
import { fileError } from '../eventlog/file-error.ts'
import type { RunEvent } from '../model/events.ts'
import type { RunReport } from '../model/finding.ts'
import { renderFailuresCsv } from '../report/csv.ts'
import { renderHtml } from '../report/html.ts'
import { renderFindings, renderJson } from '../report/json.ts'
import { renderJunit } from '../report/junit.ts'
import { COMMENT_BUDGET, renderMarkdown } from '../report/markdown.ts'
import { renderTerminal } from '../report/terminal.ts'
import type { Host } from './host.ts'
import { peerJson } from './peer-json.ts'

export const FORMATS = ['html', 'md', 'junit', 'json', 'csv', 'terminal'] as const
export type Format = (typeof FORMATS)[number]

const FILES: Readonly<Record<Exclude<Format, 'terminal'>, string>> = {
  html: 'report.html',
  md: 'report.md',
  junit: 'junit.xml',
  json: 'report.json',
  csv: 'failures.csv',
}

/** Formats that a run leaves in its bundle. */
export const RUN_FORMATS: readonly Format[] = ['json', 'html', 'md', 'junit']

const render = (
  { report, detail }: Correlation,
  events: readonly RunEvent[],
  format: Exclude<Format, 'terminal'>,
): string => {
  switch (format) {
    case 'html':
      return renderHtml(report, { events, detail: detail() })
    case 'md':
      return renderMarkdown(report, { budget: COMMENT_BUDGET })
    case 'junit':
      return renderJunit(report)
    case 'json':
      return renderJson(report)
    case 'csv':
      return renderFailuresCsv(report)
  }
}

/**
 * Judges a bundle and writes `formats` (but `terminal`) and findings.jsonl into `out` (default: the bundle). All of it
 * comes from the files of the bundle alone, but for a history budget. Throws BUNDLE_INVALID, OUTPUT_NOT_WRITABLE.
 * @param history earlier runs for a history budget; `null` = none is wanted
 */
export const judgeBundle = async (
  path: string,
  formats: readonly Format[],
  out: string | null,
  history: readonly HistoryRun[] | null = null,
): Promise<{ readonly report: RunReport; readonly written: readonly string[] }> =>
  withBundle(path, (bundle) => judgeOpened(bundle, formats, out, history))

const judgeOpened = async (
  bundle: LongBundle,
  formats: readonly Format[],
  out: string | null,
  history: readonly HistoryRun[] | null,
): Promise<{ readonly report: RunReport; readonly written: readonly string[] }> => {
  const correlation = correlate(bundle, history)
  const { report, findings } = correlation
  const dir = out === null ? bundle.dir : resolve(out)
  const written: string[] = []
  const write = async (name: string, text: string): Promise<void> => {
    await writeAtomic(dir, name, text)
    written.push(join(dir, name))
  }
  const files = formats.filter((format) => format !== 'terminal')
  if (files.length > 0) {
    await makeFolders(dir).catch((error: unknown) => {
      throw fileError(`cannot create ${dir}`, error)
    })
    await write('findings.jsonl', renderFindings(findings))
    for (const format of files) await write(FILES[format], render(correlation, bundle.events, format))
  }
  return { report, written }
}

export type OutputMode = 'terminal' | 'json' | 'peer-json' | 'markdown'

/** Prints a report on stdout in one mode: exactly that text and nothing else. */
export const printReport = async (host: Host, report: RunReport, mode: OutputMode): Promise<void> => {
  await host.stdout.write(textOf(host, report, mode))
}

const textOf = (host: Host, report: RunReport, mode: OutputMode): string => {
  switch (mode) {
    case 'json':
      return renderJson(report)
    case 'peer-json':
      return peerJson(report)
    case 'markdown':
      return renderMarkdown(report, { budget: COMMENT_BUDGET })
    case 'terminal':
      return renderTerminal(report, { width: host.stdout.columns(), color: wantsColor(host) })
  }
}

/** NO_COLOR and FORCE_COLOR win, then TERM=dumb, then whether stdout is a terminal. */
export const wantsColor = (host: Host): boolean => {
  const { NO_COLOR, FORCE_COLOR, TERM } = host.env
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return true
  return host.stdout.isTTY && TERM !== 'dumb'
}
