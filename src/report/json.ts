import { redactData } from '../kernel/redact.ts'
import type { FailureVerdict, RunReport } from '../model/finding.ts'
import { escapeJsonText } from './escape.ts'

/** Top-level keys of `report.json` in their order; a key that is missing here does not compile. */
const ORDER: Readonly<Record<keyof RunReport, number>> = {
  schemaVersion: 1,
  runId: 2,
  name: 3,
  command: 4,
  subject: 5,
  startedAt: 6,
  durationMs: 7,
  verdict: 8,
  exitCode: 9,
  sentences: 10,
  reasons: 11,
  limitations: 12,
  requests: 13,
  failures: 14,
  bounds: 15,
  outage: 16,
  drain: 17,
  findings: 18,
  predictions: 18.5,
  rollouts: 19,
  pods: 20,
  latency: 21,
  phases: 22,
  blind: 23,
  windows: 24,
  failureList: 25,
}

const WIDTH = 110

/** Pretty, but what fits on a line stays on one, and a list of numbers is never one number a line. */
const pretty = (value: unknown, indent: string): string => {
  const flat = JSON.stringify(value)
  if (typeof value !== 'object' || value === null || flat.length + indent.length <= WIDTH) return flat
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object' || item === null)) return wrapped(value, inner, indent)
    return `[\n${value.map((item) => inner + pretty(item, inner)).join(',\n')}\n${indent}]`
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${inner}${JSON.stringify(key)}: ${pretty(member, inner)}`)
  return `{\n${members.join(',\n')}\n${indent}}`
}

const wrapped = (items: readonly unknown[], inner: string, indent: string): string => {
  const lines: string[] = []
  let line = ''
  for (const item of items) {
    const text = JSON.stringify(item)
    if (line !== '' && inner.length + line.length + text.length + 1 > WIDTH) {
      lines.push(inner + line)
      line = ''
    }
    line = line === '' ? text : `${line},${text}`
  }
  lines.push(inner + line)
  return `[\n${lines.join(',\n')}\n${indent}]`
}

const sortedKeys = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))

const isReportKey = (key: string): key is keyof RunReport => Object.hasOwn(ORDER, key)

/** Any value as JSON that reads well, ends in a newline, and can be printed on a terminal. Secrets have to be out already. */
export const prettyJson = (value: unknown): string => `${escapeJsonText(pretty(value, ''))}\n`

/**
 * `report.json`: the whole report, secrets taken out, keys always in the same order, so that two runs can be
 * compared line by line. Control characters are written as `\uXXXX`, so that it can be printed on a terminal.
 */
export const renderJson = (raw: RunReport): string => {
  const report = redactData(raw)
  const sorted: RunReport = {
    ...report,
    failures: {
      ...report.failures,
      byKind: sortedKeys(report.failures.byKind),
      byCause: sortedKeys(report.failures.byCause),
      byPod: sortedKeys(report.failures.byPod),
    },
  }
  const place = (key: string): number => (isReportKey(key) ? ORDER[key] : Number.MAX_SAFE_INTEGER)
  const ordered = Object.fromEntries(Object.entries(sorted).toSorted(([a], [b]) => place(a) - place(b)))
  return prettyJson(ordered)
}

/** `findings.jsonl`: one failure a line, secrets taken out, safe to print on a terminal. */
export const renderFindings = (failures: readonly FailureVerdict[]): string =>
  failures.map((failure) => `${escapeJsonText(JSON.stringify(redactData(failure)))}\n`).join('')
