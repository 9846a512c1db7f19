/** What the page of a comparison needs beside the style of a run's page. Colours are that page's variables. */
export const COMPARISON_STYLE = [
  '.answer{margin:18px 0 14px;padding:14px 18px;border:1px solid var(--line);border-left:8px solid var(--link);background:var(--sheet);border-radius:4px}',
  '.answer p{font-size:1.1rem;font-weight:600}',
  '.range{stroke-width:2.5;stroke:var(--soft)}.point{fill:var(--soft)}',
  '.range.good{stroke:var(--good)}.point.good{fill:var(--good)}',
  '.range.bad{stroke:var(--bad)}.point.bad{fill:var(--bad)}',
  '.range.warn{stroke:var(--warn)}.point.warn{fill:var(--warn)}',
  'svg .outcome{font-weight:600}svg .outcome.good{fill:var(--good)}svg .outcome.bad{fill:var(--bad)}svg .outcome.warn{fill:var(--warn)}svg .outcome.quiet{fill:var(--soft)}',
  '.margin{stroke:var(--amber-line);stroke-width:1.2;stroke-dasharray:4 3}',
  '.strips svg{display:block}',
].join('')
