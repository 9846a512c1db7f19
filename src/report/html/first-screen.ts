import { escapeHtml, escapeHtmlLines } from '../escape.ts'
import type { ReportView } from '../view.ts'
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

/** Verdict, three sentences, figures, patch, and what the run cannot tell. */
export const firstScreenHtml = (view: ReportView): string => `<header>
<p class="brand">rollproof</p>
<h1>${escapeHtml(view.title)}</h1>
<dl class="facts">${view.facts.map(([label, text]) => `<div><dt>${label}</dt><dd>${escapeHtml(text)}</dd></div>`).join('')}</dl>
</header>
<main>
<section class="verdict ${view.verdict}" aria-label="Verdict">
<p class="word"><span aria-hidden="true">${view.verdictMark}</span> ${view.verdictWord}</p>
<p class="because">${escapeHtml(view.because)}</p>
<dl class="sentences">${view.sentences.map(([label, text]) => `<dt>${label}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl>
</section>
<ul class="figures" aria-label="Figures">${view.figures
  .map(
    ({ label, value, note, bad }) =>
      `<li${bad ? ' class="is-bad"' : ''}><span class="label">${escapeHtml(label)}</span><strong>${escapeHtml(value)}</strong><span class="note">${escapeHtml(note)}</span></li>`,
  )
  .join('')}</ul>
<div class="two">
${patchHtml(view)}
<section aria-labelledby="limits-title">
<h2 id="limits-title">What this run cannot tell</h2>
${listHtml(view.limitations)}
<p class="note">${escapeHtml(view.books)}</p>
</section>
</div>`
