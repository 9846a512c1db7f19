import type { RunReport } from '../../model/finding.ts'
import { escapeHtml } from '../escape.ts'
import { countText } from '../format.ts'

/** The views of the page, in reading order: the id is also the hash that leads there. */
export const VIEWS = ['summary', 'timeline', 'drain', 'failures', 'latency', 'proof'] as const
export type ViewId = (typeof VIEWS)[number]

const TITLES: Readonly<Record<ViewId, string>> = {
  summary: 'Summary',
  timeline: 'Timeline',
  drain: 'Drain',
  failures: 'Failures',
  latency: 'Latency',
  proof: 'Proof',
}

/** Views that have something to show in this run. */
export const viewsOf = (report: RunReport): readonly ViewId[] =>
  VIEWS.filter((id) => id !== 'drain' || report.pods.some(({ terminatingAtMs }) => terminatingAtMs !== null))

/** Links to the views. Plain anchors: they work without a script, with a keyboard, and in the browser's history. */
export const navHtml = (report: RunReport): string =>
  `<nav aria-label="Views">${viewsOf(report)
    .map((id) => {
      const tally =
        id === 'failures'
          ? ` <span class="tally">${escapeHtml(countText(report.requests.failed))}</span>`
          : ''
      return `<a href="#${id}" data-view="${id}">${TITLES[id]}${tally}</a>`
    })
    .join('')}</nav>`

/** One view: a section that stands by itself. */
export const viewHtml = (id: ViewId, body: string): string =>
  `<section class="view" id="${id}" tabindex="-1" aria-label="${TITLES[id]}">
${body}
</section>`
