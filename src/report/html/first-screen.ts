import { escapeHtml, escapeHtmlLines } from '../escape.ts'
import { isGate, type ReportView } from '../view.ts'
import { figureBars, multiplesHtml } from './multiples.ts'
import { listHtml } from './parts.ts'

const patchHtml = ({ patch }: ReportView): string => {
  if (patch === null) return ''
  const command =
    patch.command === null
      ? ''
      : `<p>Save it as <code>patch.yaml</code>, then <code>${escapeHtml(patch.command)}</code></p>`
  return `<section aria-labelledby="patch-title">
<h2 id="patch-title">The patch</h2>
<div class="patch"><pre id="patch" tabindex="0">${escapeHtmlLines(patch.text.replace(/\n+$/, ''))}</pre>
<button type="button" id="copy" hidden>Copy</button><span id="copied" role="status"></span></div>
${command}
<p class="note">${escapeHtml(patch.because)}</p>
</section>`
}

/** What was run, where and when. */
export const headerHtml = (view: ReportView): string => `<header>
<div class="head"><h1>${escapeHtml(view.title)}</h1><p class="brand">rollproof</p></div>
<dl class="facts">${view.facts.map(([label, text]) => `<div><dt>${label}</dt><dd>${escapeHtml(text)}</dd></div>`).join('')}</dl>
</header>`

/** Verdict with its reason, three sentences, figures, the patch, and what the run cannot tell. */
export const firstScreenHtml = (
  view: ReportView,
): string => `<section class="verdict ${view.verdict}" aria-label="Verdict">
<h2 class="word"><span aria-hidden="true">${view.verdictMark}</span> ${view.verdictWord}</h2>
<p class="because">${escapeHtml(view.because)}</p>
<dl class="sentences">${view.sentences.map(([label, text]) => `<dt>${label}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl>
</section>
<ul class="figures" aria-label="Figures">${view.figures
  .map(
    ({ label, value, note, bad }) =>
      `<li${bad ? ' class="is-bad"' : ''}><span class="label">${escapeHtml(label)}</span><strong>${escapeHtml(value)}</strong><span class="note">${escapeHtml(note)}</span>${figureBars(label, view.report)}</li>`,
  )
  .join('')}</ul>
${multiplesHtml(view.report)}
<div class="two">
${patchHtml(view)}
<section aria-labelledby="limits-title">
<h2 id="limits-title">What this run cannot tell</h2>
${listHtml(view.limitations)}
${openGates(view)}
</section>
</div>`

/** Claims that do not hold or could not be shown: they bound what the verdict is worth. */
const openGates = ({ report }: ReportView): string => {
  const gates = report.reasons.filter(isGate)
  const open = gates.filter(({ holds }) => holds !== true)
  const proven = `${gates.length - open.length} of ${gates.length} proofs of the run itself hold`
  return `${listHtml(open.map(({ id, claim, value, holds }) => `${holds === false ? '✗ broken' : '? not shown'}: ${id}, ${claim} (${value})`))}
<p class="note">${proven}: <a href="#proof">see each</a>.</p>`
}
