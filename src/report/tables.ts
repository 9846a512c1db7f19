import type { DrainStatistics, Finding, Reason, RunReport } from '../model/finding.ts'
import { curveTable } from './curve-table.ts'
import { countText, durationText, latencyText, runClockText, shareText } from './format.ts'
import { podsTable } from './pods-table.ts'
import { judgedTable } from './predictions.ts'
import { type Cell, cell, column, type ReportTable } from './table.ts'
import { kindMeaning } from './words.ts'

const failedCell = (failed: number): Cell => cell(countText(failed), failed > 0 ? 'bad' : 'good')

const holdsCell = (reason: Reason): Cell => {
  if (reason.holds === true) return cell('✓ holds', 'good')
  if (reason.holds === false) return cell('✗ broken', 'bad')
  return cell('? not shown', 'warn')
}

const thresholdsTable = (reasons: readonly Reason[]): ReportTable => ({
  id: 'thresholds',
  title: 'Thresholds',
  columns: [column('Threshold', 18), column('Was', 8, 1), column('Limit', 8, 2), column('Result', 11)],
  rows: reasons.map((reason) => [cell(reason.id), cell(reason.value), cell(reason.limit), holdsCell(reason)]),
  notes: [],
})

const gatesTable = (reasons: readonly Reason[]): ReportTable => ({
  id: 'gates',
  title: 'Can this run be trusted?',
  columns: [
    column('Gate', 4),
    column('Claim', 18),
    column('Was', 10, 1),
    column('Limit', 8, 2),
    column('Result', 11),
  ],
  rows: reasons.map((reason) => [
    cell(reason.id),
    cell(reason.claim),
    cell(reason.value),
    cell(reason.limit),
    holdsCell(reason),
  ]),
  notes: [],
})

const rolloutsTable = (report: RunReport): ReportTable => ({
  id: 'rollouts',
  title: 'Rollouts',
  columns: [
    column('Rollout', 7),
    column('Asked', 8, 2, 'right'),
    column('Took', 8, 1, 'right'),
    column('Old pods gone', 8, 3, 'right'),
    column('Requests', 8, 0, 'right'),
    column('Failed', 6, 0, 'right'),
    column('Share', 6, 1, 'right'),
  ],
  rows: report.rollouts.map((rollout) => [
    cell(countText(rollout.index)),
    cell(runClockText(rollout.requestedAtMs)),
    rollout.completedAtMs === null
      ? cell('not complete', 'bad')
      : cell(durationText(rollout.completedAtMs - rollout.requestedAtMs)),
    rollout.oldPodsGoneAtMs === null
      ? cell('not seen', 'warn')
      : cell(`+${durationText(rollout.oldPodsGoneAtMs - rollout.requestedAtMs)}`),
    cell(countText(rollout.requests)),
    failedCell(rollout.failed),
    cell(shareText(rollout.failed, rollout.requests)),
  ]),
  notes: [],
})

/** `high (p 0.002)`. A p-value is only shown where there is one. */
export const confidenceText = ({ level, p }: Finding['confidence']): string => {
  if (p === null) return level
  return `${level} (p ${p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`})`
}

/** `A1`, or `A1 by B9` where the mechanism is not the root. */
export const causeText = (cause: string, mechanism: string | null): string =>
  mechanism === null ? cause : `${cause} by ${mechanism}`

const causesTable = (report: RunReport): ReportTable => ({
  id: 'causes',
  title: 'Causes',
  columns: [
    column('Cause', 11),
    column('What happened', 20),
    column('Failed', 6, 0, 'right'),
    column('Share', 6, 2, 'right'),
    column('Confidence', 10, 1),
    column('Facts', 5, 3, 'right'),
  ],
  rows: report.findings.map((finding) => [
    cell(causeText(finding.cause, finding.mechanism)),
    cell(finding.title),
    cell(countText(finding.count), 'bad'),
    cell(shareText(finding.count, report.requests.failed)),
    cell(confidenceText(finding.confidence)),
    cell(countText(finding.evidence.length)),
  ]),
  notes: [],
})

const kindsTable = (report: RunReport): ReportTable => ({
  id: 'kinds',
  title: 'Failures by kind',
  columns: [
    column('Kind', 12),
    column('What the client saw', 20, 1),
    column('Failed', 6, 0, 'right'),
    column('Share', 6, 0, 'right'),
  ],
  rows: Object.entries(report.failures.byKind)
    .filter(([, failed]) => failed > 0)
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([kind, failed]) => [
      cell(kind),
      cell(kindMeaning(kind), 'quiet'),
      failedCell(failed),
      cell(shareText(failed, report.requests.failed)),
    ]),
  notes: [],
})

const drainRow = (label: string, drain: DrainStatistics): readonly Cell[] => [
  cell(label),
  cell(countText(drain.n)),
  cell(countText(drain.censored), drain.censored > 0 ? 'warn' : 'quiet'),
  cell(durationText(drain.p50Ms)),
  cell(durationText(drain.p95Ms)),
  cell(durationText(drain.maxMs)),
]

const drainTable = (drain: NonNullable<RunReport['drain']>): ReportTable => ({
  id: 'drain',
  title: 'Measured drain: from termination start to the last request that reached the old pod',
  columns: [
    column('Connections', 11),
    column('Terminations', 8, 0, 'right'),
    column('Censored', 8, 1, 'right'),
    column('p50', 7, 1, 'right'),
    column('p95', 7, 0, 'right'),
    column('Max', 7, 0, 'right'),
  ],
  rows: [drainRow('new', drain.newConnections), drainRow('reused', drain.reusedConnections)],
  notes:
    drain.newConnections.censored + drain.reusedConnections.censored > 0
      ? [
          'Censored: the pod stopped listening before its last request would have come; the true value is larger.',
        ]
      : [],
})

const PHASE_ORDER = ['baseline', 'rollout', 'settle', 'recovery', 'steady']

const latencyTable = (report: RunReport): ReportTable => ({
  id: 'latency',
  title: 'Latency by phase',
  columns: [
    column('Phase', 8),
    column('Requests', 8, 3, 'right'),
    column('p50', 7, 0, 'right'),
    column('p90', 7, 2, 'right'),
    column('p99', 7, 0, 'right'),
    column('p99.9', 7, 1, 'right'),
    column('Max', 7, 0, 'right'),
    column('p99 intended', 8, 4, 'right'),
  ],
  rows: Object.entries(report.latency.byPhase)
    .toSorted(([a], [b]) => ((PHASE_ORDER.indexOf(a) + 99) % 99) - ((PHASE_ORDER.indexOf(b) + 99) % 99))
    .map(([phase, latency]) => [
      cell(phase),
      cell(countText(latency.count)),
      cell(latencyText(latency.p50Us)),
      cell(latencyText(latency.p90Us)),
      cell(latencyText(latency.p99Us)),
      cell(latencyText(latency.p999Us)),
      cell(latencyText(latency.maxUs)),
      cell(latencyText(latency.fromIntended.p99Us)),
    ]),
  notes: ['Intended: counted from the moment the request was due, so that a late start is not hidden.'],
})

/** The tables of a report in reading order; one without rows is left out. */
export const reportTables = (report: RunReport): ReportTable[] => {
  const gates = report.reasons.filter((reason) => /^H\d+$/.test(reason.id))
  const thresholds = report.reasons.filter((reason) => !gates.includes(reason))
  return [
    thresholdsTable(thresholds),
    rolloutsTable(report),
    causesTable(report),
    judgedTable(report.predictions),
    kindsTable(report),
    podsTable(report.pods),
    ...(report.drain === null ? [] : [drainTable(report.drain)]),
    ...(report.drain?.curve == null ? [] : [curveTable(report.drain.curve)]),
    latencyTable(report),
    gatesTable(gates),
  ].filter((table) => table.rows.length > 0)
}
