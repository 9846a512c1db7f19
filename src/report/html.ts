import { createHash } from 'node:crypto'
import type { RunEvent } from '../model/events.ts'
import type { RunReport } from '../model/finding.ts'
import { escapeHtml, jsonForScript } from './escape.ts'
import { causesHtml, failuresHtml } from './html/failures-section.ts'
import { firstScreenHtml } from './html/first-screen.ts'
import { PAGE_SCRIPT, PAGE_STYLE } from './html/page-source.ts'
import { tableHtml } from './html/parts.ts'
import { timelineData } from './html/timeline-data.ts'
import { definitionsSvg, timelineHtml } from './html/timeline-section.ts'
import { reportView } from './view.ts'

export interface HtmlOptions {
  /** Facts of the run: with them, evidence is told in words; without, by number. */
  readonly events?: readonly RunEvent[]
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

/**
 * The report as one HTML page that needs nothing else: no network, no other file. All text is escaped, the data of
 * the drawing is JSON in a data block, and the content security policy lets no other script or style run.
 */
export const renderHtml = (raw: RunReport, options: HtmlOptions = {}): string => {
  const view = reportView(raw)
  const { report } = view
  const needed = new Set(report.findings.flatMap(({ evidence }) => evidence))
  const facts = new Map(
    (options.events ?? []).flatMap((event) => (needed.has(event.seq) ? [[event.seq, event]] : [])),
  )
  const tables = view.tables.filter(({ id }) => id !== 'causes')
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
<a class="skip" href="#timeline-title">Skip to the timeline</a>
${definitionsSvg}
${firstScreenHtml(view)}
${timelineHtml(report)}
${causesHtml(report, facts)}
${failuresHtml(report)}
<section aria-labelledby="tables-title">
<h2 id="tables-title">Figures</h2>
${tables.map((table) => tableHtml(table)).join('\n')}
</section>
</main>
<footer><p class="note">Made by rollproof from the files of run ${escapeHtml(report.runId)} alone. This page loads nothing and sends nothing.</p></footer>
<script type="application/json" id="data">${jsonForScript(timelineData(report))}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}
