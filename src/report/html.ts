import { createHash } from 'node:crypto'
import type { RunDetail } from '../model/detail.ts'
import type { RunEvent } from '../model/events.ts'
import type { RunReport } from '../model/finding.ts'
import { escapeHtml } from './escape.ts'
import { dataBlock } from './html/data-block.ts'
import { drainHtml } from './html/drain-section.ts'
import { causesHtml, failuresHtml } from './html/failures-section.ts'
import { firstScreenHtml, headerHtml } from './html/first-screen.ts'
import { latencyHtml } from './html/latency-section.ts'
import { pageData } from './html/page-data.ts'
import { PAGE_SCRIPT, PAGE_STYLE } from './html/page-source.ts'
import { tableHtml } from './html/parts.ts'
import { definitionsSvg, timelineHtml } from './html/timeline-section.ts'
import { navHtml, type ViewId, viewHtml, viewsOf } from './html/views.ts'
import { reportView } from './view.ts'

export interface HtmlOptions {
  /** Facts of the run: with them, evidence is told in words; without, by number. */
  readonly events?: readonly RunEvent[]
  /** What the correlator knows beyond the report: finer series, the life of each pod, every failure. */
  readonly detail?: RunDetail
}

const sha256 = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Nothing may be loaded, sent or run, but this one style and this one script (CSP level 3, hash sources). */
const contentSecurityPolicy = (): string =>
  [
    "default-src 'none'",
    `script-src ${sha256(PAGE_SCRIPT)}`,
    `style-src ${sha256(PAGE_STYLE)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')

const DRAIN = ['drain', 'curve']
/** Tables that stand in a view of their own, or are told there. */
const ELSEWHERE = ['causes', ...DRAIN, 'pods', 'latency']

/**
 * The report as one HTML page that needs nothing else: no network, no other file. All text is escaped, the data of
 * the drawing is a data block, and the content security policy lets no other script or style run. Each view is a
 * section; the script shows one at a time, without it they stand one below the other.
 */
export const renderHtml = (raw: RunReport, options: HtmlOptions = {}): string => {
  const view = reportView(raw)
  const { report } = view
  const detail = options.detail ?? null
  const events = options.events ?? []
  const data = pageData(report, detail, events)
  const needed = new Set(report.findings.flatMap(({ evidence }) => evidence))
  const facts = new Map(events.flatMap((event) => (needed.has(event.seq) ? [[event.seq, event]] : [])))
  const bodies: Readonly<Record<ViewId, () => string>> = {
    summary: () => `${firstScreenHtml(view)}\n${causesHtml(report, facts)}`,
    timeline: () =>
      timelineHtml(
        report,
        data,
        view.tables.find(({ id }) => id === 'pods'),
      ),
    drain: () =>
      drainHtml(
        report,
        view.tables.filter(({ id }) => DRAIN.includes(id)),
      ),
    failures: () => failuresHtml(report, data.hidden),
    latency: () => latencyHtml(report, data.heat),
    proof: () =>
      `<h2>Proof and figures</h2>\n<p>${escapeHtml(view.books)}</p>\n${view.tables
        .filter(({ id }) => !ELSEWHERE.includes(id))
        .map((table) => tableHtml(table))
        .join('\n')}`,
  }
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${view.verdictMark} ${view.verdictWord}: ${escapeHtml(view.title)} · rollproof</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
${definitionsSvg}
${headerHtml(view)}
${navHtml(report)}
<main id="main" tabindex="-1">
${viewsOf(report)
  .map((id) => viewHtml(id, bodies[id]()))
  .join('\n')}
<section class="view" id="failure" tabindex="-1" aria-label="One failure" hidden></section>
</main>
<footer><p class="note">Made by rollproof from the files of run ${escapeHtml(report.runId)} alone. This page loads nothing and sends nothing.</p></footer>
${dataBlock(data)}
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}
