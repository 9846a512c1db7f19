import { redactText } from '../../kernel/redact.ts'
import type { RunDetail } from '../../model/detail.ts'
import type { RunEvent } from '../../model/events.ts'
import type { FailureVerdict, Finding, RunReport } from '../../model/finding.ts'
import { describeEvent } from '../describe-event.ts'
import { escapeHtml } from '../escape.ts'
import {
  countOf,
  countText,
  durationText,
  runClockText,
  shareText,
  UNKNOWN,
  utcClockText,
} from '../format.ts'
import { cell, column, type ReportTable } from '../table.ts'
import { causeText, confidenceText } from '../tables.ts'
import { failuresByCause } from '../view.ts'
import { listHtml, tableHtml } from './parts.ts'

const MOST_ROWS = 500
const MOST_FACTS = 8

export type Facts = ReadonlyMap<number, RunEvent>

const factsHtml = (evidence: readonly number[], facts: Facts): string => {
  if (evidence.length === 0) return '<p class="note">No fact speaks for it.</p>'
  const known = evidence.flatMap((seq) => facts.get(seq) ?? [])
  const shown = known.slice(0, MOST_FACTS).map((event) => redactText(describeEvent(event)))
  const rest = evidence.length - shown.length
  if (shown.length === 0)
    return `<p class="note">${countOf(evidence.length, 'fact')} in events.jsonl: ${evidence
      .slice(0, MOST_FACTS)
      .map((seq) => `#${seq}`)
      .join(', ')}${evidence.length > MOST_FACTS ? ', …' : ''}</p>`
  return listHtml([
    ...shown,
    ...(rest > 0 ? [`and ${countOf(rest, 'more fact', 'more facts')} in events.jsonl`] : []),
  ])
}

/** One click to the failures of a cause, one to the first of them. */
const linksHtml = (finding: Finding, report: RunReport): string => {
  const cause = new URLSearchParams({ cause: causeText(finding.cause, finding.mechanism) }).toString()
  const first = finding.requestIds[0]
  const isListed = report.failureList.some(({ requestId }) => requestId === first)
  return `<a href="#failures?${escapeHtml(cause)}">Show ${countOf(finding.count, 'failure')}</a>${isListed ? ` <a href="#failure?id=${first}&amp;${escapeHtml(cause)}">The first one</a>` : ''}`
}

const causeHtml = (finding: Finding, report: RunReport, facts: Facts): string => `<article class="cause">
<h3><span class="id">${escapeHtml(causeText(finding.cause, finding.mechanism))}</span> ${escapeHtml(finding.title)}</h3>
<p><strong>${countOf(finding.count, 'failure')}</strong> (${shareText(finding.count, report.requests.failed)} of all), confidence ${escapeHtml(confidenceText(finding.confidence))}</p>
<p><strong>Change:</strong> ${escapeHtml(finding.fix)}</p>
<p class="links">${linksHtml(finding, report)}</p>
${finding.candidates.length === 0 ? '' : `<p>Candidates that could not be told apart: ${escapeHtml(finding.candidates.join(', '))}</p>`}
<details><summary>Evidence: ${countOf(finding.evidence.length, 'fact')}</summary>${factsHtml(finding.evidence, facts)}</details>
${
  finding.ruledOut.length === 0
    ? ''
    : `<details><summary>Ruled out: ${escapeHtml(finding.ruledOut.map(({ cause }) => cause).join(', '))}</summary>${listHtml(finding.ruledOut.map(({ cause, because }) => `${cause}: ${because}`))}</details>`
}
</article>`

/** One card per cause: what, how many, how sure, what to change, the facts that speak for it, what was ruled out. */
export const causesHtml = (report: RunReport, facts: Facts): string =>
  report.findings.length === 0
    ? ''
    : `<section aria-labelledby="causes-title">
<h2 id="causes-title">Causes</h2>
<div class="causes">${report.findings.map((finding) => causeHtml(finding, report, facts)).join('\n')}</div>
</section>`

const connectionText = (failure: FailureVerdict): string =>
  failure.requestsOnConnection === 0 ? 'fresh' : `reused, ${countText(failure.requestsOnConnection)} before`

const COLUMNS = [
  'At (UTC)',
  'Run time',
  'Took',
  'Kind',
  'Request',
  'Pod',
  'Rollout',
  'vUser',
  'Connection',
  'Twin',
  'Confidence',
  'Message',
]

const rowHtml = (failure: FailureVerdict, startedAt: string): string => {
  const cells = [
    utcClockText(startedAt, failure.startedAtMs),
    runClockText(failure.startedAtMs, 3),
    durationText(failure.endedAtMs - failure.startedAtMs),
    failure.status === null ? failure.kind : `${failure.kind} ${failure.status}`,
    `${failure.method} ${failure.path}`,
    failure.pod ?? UNKNOWN,
    failure.rollout === null ? UNKNOWN : String(failure.rollout),
    String(failure.vu),
    connectionText(failure),
    failure.twin ?? UNKNOWN,
    failure.mechanism === null ? failure.confidence : `${failure.confidence}, by ${failure.mechanism}`,
    failure.message,
  ].map(escapeHtml)
  return `<tr id="f-${failure.requestId}"><th scope="row">${cells[0]}</th>${cells
    .slice(1)
    .map((text) => `<td>${text}</td>`)
    .join('')}</tr>`
}

/** How many rows each group gets: all of the small groups, and the first of the large ones. */
const shares = (sizes: readonly number[], most: number): number[] => {
  let room = most
  const order = sizes.map((size, index) => ({ size, index })).toSorted((a, b) => a.size - b.size)
  const given = new Array<number>(sizes.length).fill(0)
  order.forEach(({ size, index }, i) => {
    given[index] = Math.min(size, Math.floor(room / (order.length - i)))
    room -= given[index] ?? 0
  })
  return given
}

/** The rows by cause as plain tables, at most 500 in all, for a reader without a script; what is left out is counted. */
const plainTables = (report: RunReport): string => {
  const groups = failuresByCause(report)
  const rows = shares(
    groups.map(({ failures }) => failures.length),
    MOST_ROWS,
  )
  const shown = rows.reduce((total, n) => total + n, 0)
  const left = report.requests.failed - shown
  const tables = groups.map(({ cause, finding, failures }, i) => {
    const own = failures.slice(0, rows[i])
    const more = (finding?.count ?? failures.length) - own.length
    const title = `${cause}${finding === null ? '' : `: ${finding.title}`}`
    return `<h3 id="group-${i}">${escapeHtml(title)} <span class="count">(${countText(own.length)}${more > 0 ? ` of ${countText(own.length + more)}` : ''})</span></h3>
<div class="scroll" role="region" tabindex="0" aria-labelledby="group-${i}"><table class="failures"><thead><tr>${COLUMNS.map((label) => `<th scope="col">${label}</th>`).join('')}</tr></thead><tbody>
${own.map((failure) => rowHtml(failure, report.startedAt)).join('\n')}
</tbody></table></div>`
  })
  return `${left > 0 ? `<p class="note">${countText(shown)} of ${countText(report.requests.failed)} failures are listed here; the other ${countText(left)} are in findings.jsonl.</p>` : ''}
${tables.join('\n')}`
}

/** Where the page's script lists the failures, with the tables for readers without one. */
const listHtmlOf = (report: RunReport): string => {
  if (report.failureList.length === 0)
    return `<p>${report.requests.failed === 0 ? 'No request failed.' : `${countText(report.requests.failed)}, none of them listed in the report.`}</p>`
  return `<div id="filters" class="tools" role="search" aria-label="Filter the failures"></div>
<p id="filter-count" class="readout" role="status"></p>
<div id="failure-groups"></div>
<noscript>${plainTables(report)}</noscript>`
}

const MOST_HIDDEN = 200

/** Successes as slow as a retry: who waited, beside those who failed. '' when nothing is known of them. */
const hiddenHtml = (report: RunReport, hidden: RunDetail['hidden']): string => {
  if (report.failures.hidden === 0) return ''
  const table: ReportTable = {
    id: 'hidden',
    title: 'Hidden damage: requests that succeeded as late as a retry',
    columns: [
      column('At (UTC)', 12),
      column('Run time', 8),
      column('Took', 8, 0, 'right'),
      column('Request', 12),
      column('Pod', 20),
      column('Rollout', 6),
      column('vUser', 6, 0, 'right'),
    ],
    rows: hidden
      .slice(0, MOST_HIDDEN)
      .map((one) => [
        cell(utcClockText(report.startedAt, one.startedAtMs)),
        cell(runClockText(one.startedAtMs, 3)),
        cell(durationText(one.tookMs), 'warn'),
        cell(one.template),
        cell(one.pod ?? UNKNOWN),
        cell(one.rollout === null ? UNKNOWN : String(one.rollout)),
        cell(String(one.vu)),
      ]),
    notes: [
      'They count as good, but their users waited: a connect that had to be tried again, or a retry by a proxy.',
      ...(report.failures.hidden > MOST_HIDDEN
        ? [`${countText(report.failures.hidden - MOST_HIDDEN)} more are in the request rows.`]
        : []),
    ],
  }
  return hidden.length === 0
    ? `<h3>Hidden damage</h3><p>${countOf(report.failures.hidden, 'request')} succeeded only as late as a retry.</p>`
    : tableHtml({
        ...table,
        rows: table.rows.map((row) => row.map((one) => ({ ...one, text: redactText(one.text) }))),
      })
}

/** What failed: causes first, then every failure, then the damage that does not show as failures. */
export const failuresHtml = (report: RunReport, hidden: RunDetail['hidden']): string =>
  `<h2 id="failures-title">Failures</h2>
${listHtmlOf(report)}
${hiddenHtml(report, hidden)}`
