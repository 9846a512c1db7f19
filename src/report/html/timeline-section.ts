import type { RunReport } from '../../model/finding.ts'
import type { ReportTable } from '../table.ts'
import type { PageData } from './page-data.ts'
import { tableHtml } from './parts.ts'
import { seriesTable, stripsTable } from './timeline-tables.ts'

const LEGEND = [
  ['starting', 'created, not ready'],
  ['ready', 'ready'],
  ['prestop', 'terminating, before SIGTERM'],
  ['stopping', 'SIGTERM, and after'],
  ['exited', 'exited, not gone'],
  ['routed', 'below: endpoint ready, then no longer'],
  ['mark', 'failed requests'],
  ['blind', 'not seen: watch gap or stall'],
] as const

const legendHtml = (report: RunReport): string =>
  LEGEND.filter(([name]) => name === 'mark' || name === 'blind' || report.pods.length > 0)
    .map(
      ([name, text]) =>
        `<li><svg width="26" height="12" aria-hidden="true"><use href="#key-${name}"/></svg>${text}</li>`,
    )
    .join('')

/** The frame that the page's script draws the timeline into, its legend, and its tables. */
export const timelineHtml = (
  report: RunReport,
  { series, pods }: PageData,
  lanes: ReportTable | undefined,
): string => `<h2 id="timeline-title">Timeline</h2>
<div class="tools" id="tools" hidden>
<button type="button" data-zoom="all">Whole run</button>
${report.rollouts.map(({ index }) => `<button type="button" data-zoom="${index}">Rollout ${index}</button>`).join('')}
<button type="button" data-zoom="in" aria-label="Zoom in">+</button>
<button type="button" data-zoom="out" aria-label="Zoom out">−</button>
<button type="button" data-zoom="left" aria-label="Earlier">←</button>
<button type="button" data-zoom="right" aria-label="Later">→</button>
<a id="span-failures" href="#failures"></a>
</div>
<p class="note keys">Drag to zoom, Shift and drag to move, Ctrl and wheel to zoom. Keys: + − ← → 0, n and p for the next and previous failure, Enter to open it.</p>
<ul class="legend" aria-label="Legend">${legendHtml(report)}</ul>
<ul class="legend" id="kind-legend" aria-label="Kinds of failures"></ul>
<p id="readout" class="readout" aria-live="polite"></p>
<div id="timeline-plot" class="plot" tabindex="0" role="group" aria-label="Timeline of the run. Keys: plus and minus zoom, arrows move, 0 shows the whole run, n and p step through the failures, Enter opens one. The same is in the tables below."></div>
<noscript><p class="note">The drawing needs the script of this page; all of it is in the tables.</p></noscript>
<details><summary>The charts as a table</summary>
${tableHtml(seriesTable(series))}
</details>
${lanesHtml(lanes, pods)}`

const lanesHtml = (lanes: ReportTable | undefined, pods: PageData['pods']): string => {
  const strips = stripsTable(pods)
  if (lanes === undefined) return ''
  return `<details><summary>The lanes as a table</summary>
${tableHtml(lanes)}
${strips === null ? '' : tableHtml(strips)}
</details>`
}

/** Patterns and legend keys that the timeline refers to. */
export const definitionsSvg = `<svg width="0" height="0" class="definitions" aria-hidden="true"><defs>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-back" width="6" height="6"/><rect class="hatch-line" width="2" height="6"/></pattern>
<pattern id="amber" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect class="amber-back" width="6" height="6"/><rect class="amber-line" width="2" height="6"/></pattern>
<pattern id="vain" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="vain-line" width="1.4" height="5"/></pattern>
<g id="key-starting"><rect class="starting" x="1" y="2" width="24" height="8"/></g>
<g id="key-ready"><rect class="ready" x="1" y="2" width="24" height="8"/></g>
<g id="key-prestop"><rect class="prestop" x="1" y="2" width="24" height="8"/></g>
<g id="key-stopping"><rect class="stopping" x="1" y="2" width="24" height="8"/><path class="sigterm" d="M1 0v12"/></g>
<g id="key-exited"><rect class="exited" x="1" y="5" width="24" height="2"/></g>
<g id="key-routed"><path class="routed" d="M1 5h16v3H1z"/><path class="unrouting" d="M17 5h8v3h-8z"/></g>
<g id="key-mark"><path class="mark" d="M9 2l8 8M17 2l-8 8"/></g>
<g id="key-blind"><rect class="blind" x="1" y="0" width="24" height="12"/></g>
</defs></svg>`
