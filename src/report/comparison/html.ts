import { createHash } from 'node:crypto'
import type { Comparison, PairComparison } from '../../model/comparison.ts'
import { escapeHtml } from '../escape.ts'
import { percentText } from '../format.ts'
import { PAGE_STYLE } from '../html/page-source.ts'
import { listHtml, tableHtml } from '../html/parts.ts'
import { forestSvg } from './forest.ts'
import { stripAxis, stripScale, stripSvg } from './strips.ts'
import { COMPARISON_STYLE } from './style.ts'
import { metricText } from './tables.ts'
import { comparisonView } from './view.ts'

const STYLE = `${PAGE_STYLE}${COMPARISON_STYLE}`

/** Nothing may be loaded, sent or run: one style, no script at all (CSP level 3, hash source). */
const contentSecurityPolicy = (): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')

const nameOf = (pair: PairComparison): string => `${pair.variant} − ${pair.reference}`

const scrolled = (label: string, content: string): string =>
  `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(label)}">${content}</div>`

const forestsHtml = ({ pairs, options }: Comparison): string => {
  const shares = forestSvg({
    label: 'Difference of the share of pod terminations that dropped something, with 95 % intervals',
    rows: pairs.flatMap((pair) =>
      pair.share === null
        ? []
        : [
            {
              label: nameOf(pair),
              difference: pair.share.difference,
              interval: pair.share.interval,
              word: pair.word,
            },
          ],
    ),
    show: (value) => percentText(value),
    margin: options.margin,
  })
  const counts = forestSvg({
    label: 'Difference of failures per pod termination, with 95 % intervals',
    rows: pairs.flatMap((pair) =>
      pair.differences.flatMap(({ metric, difference, interval, word }) =>
        metric !== 'failures' || difference === null
          ? []
          : [{ label: nameOf(pair), difference, interval, word }],
      ),
    ),
    show: (value) => metricText('failures', value),
    margin: null,
  })
  if (shares === '' && counts === '') return ''
  return `<section aria-labelledby="forest-title">
<h2 id="forest-title">Differences with their intervals</h2>
<p class="note">Left of 0 is better. The dashed line is the margin of ${escapeHtml(percentText(options.margin))}: an interval that ends before it is "as good as" (the bound for that is one-sided, and ends a little sooner). Points without a line: resampling shows no spread, read the share instead.</p>
<h3>Share of pod terminations that dropped something</h3>
${scrolled('Differences of shares', shares)}
<h3>Failures per pod termination</h3>
${scrolled('Differences of failures', counts)}
</section>`
}

const stripsHtml = ({ variants }: Comparison): string => {
  const scale = stripScale(variants)
  const groups = variants.map(
    ({ variant, blocks }) =>
      `<h3>${escapeHtml(variant)}</h3>\n${scrolled(`Runs of ${variant}`, blocks.map((block) => stripSvg(variant, block, scale)).join('') + stripAxis(scale))}`,
  )
  return `<section class="strips" aria-labelledby="strips-title">
<h2 id="strips-title">Every run over its time</h2>
<p class="note">Bars: failed requests by the second in which they started, on one scale for all. Bands: restarts, until the last old pod was gone. Ticks below: a pod termination began.</p>
${groups.join('\n')}
</section>`
}

/**
 * A comparison as one HTML page that needs nothing else: no network, no other file, no script. All text is escaped; each drawing
 * has its figures in a table.
 */
export const renderComparisonHtml = (raw: Comparison, rawTitle: string): string => {
  const view = comparisonView(raw, rawTitle)
  const { comparison } = view
  const facts: readonly (readonly [string, string])[] = [
    ['control', comparison.control],
    ...(comparison.base === null ? [] : [['base', comparison.base] as const]),
    ['runs', String(comparison.variants.reduce((sum, { blocks }) => sum + blocks.length, 0))],
    [
      'pod terminations',
      String(comparison.variants.reduce((sum, { terminations }) => sum + terminations, 0)),
    ],
    ['turns', comparison.interleaved ? 'variants took turns' : 'not interleaved'],
    ['seed', String(comparison.seed)],
  ]
  const tables = view.tables.filter(({ rows }) => rows.length > 0)
  const first = tables.filter(({ id }) => id === 'settings' || id === 'variants')
  const rest = tables.filter((table) => !first.includes(table))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(view.title)} · rollproof compare</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#strips-title">Skip to the runs</a>
<main>
<header>
<p class="brand">rollproof compare</p>
<h1>${escapeHtml(view.title)}</h1>
<dl class="facts">${facts.map(([label, text]) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd></div>`).join('')}</dl>
</header>
<section class="answer" aria-label="The answer">
${view.answer.map((sentence) => `<p>${escapeHtml(sentence)}</p>`).join('\n')}
</section>
${
  view.notes.length === 0
    ? ''
    : `<section aria-labelledby="notes-title">\n<h2 id="notes-title">To know before believing it</h2>\n${listHtml(view.notes)}\n</section>`
}
${first.map((table) => tableHtml(table, 2)).join('\n')}
${forestsHtml(comparison)}
${stripsHtml(comparison)}
<section aria-labelledby="tables-title">
<h2 id="tables-title">Figures</h2>
${rest.map((table) => tableHtml(table)).join('\n')}
</section>
</main>
<footer><p class="note">Made by rollproof from the files of these runs alone. This page loads nothing, runs nothing and sends nothing.</p></footer>
</body>
</html>
`
}
