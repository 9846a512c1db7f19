import { redactData } from '../kernel/redact.ts'
import type { FailureVerdict, RunReport } from '../model/finding.ts'
import { escapeCsv } from './escape.ts'
import { utcClockText } from './format.ts'

const COLUMNS: readonly (readonly [
  string,
  (failure: FailureVerdict, report: RunReport) => string | number | null,
])[] = [
  ['request_id', ({ requestId }) => requestId],
  ['utc', ({ startedAtMs }, { startedAt }) => utcClockText(startedAt, startedAtMs)],
  ['started_at_ms', ({ startedAtMs }) => startedAtMs],
  ['ended_at_ms', ({ endedAtMs }) => endedAtMs],
  ['kind', ({ kind }) => kind],
  ['cause', ({ cause }) => cause],
  ['mechanism', ({ mechanism }) => mechanism],
  ['confidence', ({ confidence }) => confidence],
  ['pod', ({ pod }) => pod],
  ['rollout', ({ rollout }) => rollout],
  ['vu', ({ vu }) => vu],
  ['method', ({ method }) => method],
  ['path', ({ path }) => path],
  ['status', ({ status }) => status],
  ['requests_on_connection', ({ requestsOnConnection }) => requestsOnConnection],
  ['local_port', ({ localPort }) => localPort],
  ['remote_address', ({ remoteAddress }) => remoteAddress],
  ['twin', ({ twin }) => twin],
  ['message', ({ message }) => message],
]

/** The failures as CSV (RFC 4180), one line each; unknown is empty. Safe to open in a spreadsheet. */
export const renderFailuresCsv = (raw: RunReport): string => {
  const report = redactData(raw)
  const rows = report.failureList.map((failure) =>
    COLUMNS.map(([, read]) => {
      const value = read(failure, report)
      return typeof value === 'number' ? String(value) : value === null ? '' : escapeCsv(value)
    }).join(','),
  )
  return [COLUMNS.map(([name]) => name).join(','), ...rows, ''].join('\r\n')
}
