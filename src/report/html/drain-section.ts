import type { RunReport } from '../../model/finding.ts'
import type { ReportTable } from '../table.ts'
import { tableHtml } from './parts.ts'

/** The measured drain of all pods, and the place for a card of each pod, which the page's script draws. */
export const drainHtml = (report: RunReport, tables: readonly ReportTable[]): string => {
  const ended = report.pods.filter(({ terminatingAtMs }) => terminatingAtMs !== null).length
  return `<h2 id="drain-title">How each old pod drained</h2>
<p class="note">From the start of a pod's termination: until when new connections and requests still reached it, when SIGTERM came, when it exited. A preStop hook has to last until the last new connection.</p>
${tables.map((table) => tableHtml(table)).join('\n')}
<div class="tools" id="drain-tools" hidden>
<label>Show <select id="drain-which"><option value="all">all ${ended} pods</option><option value="failed">pods with failures</option></select></label>
<label>first <select id="drain-order"><option value="failed">the most failures</option><option value="time">the first to end</option><option value="new">the longest drain</option></select></label>
</div>
<ul class="legend" aria-label="Legend">
<li><svg width="26" height="12" aria-hidden="true"><path class="flying" d="M1 12V6l8-4 8 3 8 5v2z"/></svg>requests in flight</li>
<li><svg width="26" height="12" aria-hidden="true"><path class="vain" d="M1 12V4h12v3h12v5z"/></svg>in flight, failed in the end</li>
<li><svg width="26" height="12" aria-hidden="true"><path class="new-line" d="M4 12V4M10 12V7M16 12V5M22 12V9"/></svg>new connections</li>
<li><svg width="26" height="12" aria-hidden="true"><path class="mark" d="M9 2l8 8M17 2l-8 8"/></svg>failed requests</li>
<li><svg width="26" height="12" aria-hidden="true"><path class="covered" d="M1 3h24v6H1z"/></svg>what its preStop hook covers</li>
</ul>
<div id="drain-cards" class="cards"></div>
<p><button type="button" id="drain-more" hidden>Show more pods</button></p>
<noscript><p class="note">The cards need the script of this page; the moments of each pod are in the table of the pods.</p></noscript>`
}
