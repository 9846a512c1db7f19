import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { compareRuns } from '../../../src/correlator/compare/compare.ts'
import type { Comparison } from '../../../src/model/comparison.ts'
import { renderComparisonHtml } from '../../../src/report/comparison/html.ts'
import { renderComparisonJson } from '../../../src/report/comparison/json.ts'
import { renderComparisonMarkdown } from '../../../src/report/comparison/markdown.ts'
import { ticks } from '../../../src/report/comparison/svg.ts'
import { renderComparisonTerminal } from '../../../src/report/comparison/terminal.ts'
import { madeStudy } from '../../support/measured-runs.ts'

const HOSTILE = '<img src=x onerror=alert(1)>\u001b[31m & "quoted" | ::error::'

const comparisonOf = (names: readonly [string, string, string]): Comparison =>
  compareRuns({
    runs: madeStudy({
      variants: {
        [names[0]]: { share: 0.9, median: 8, spread: 1 },
        [names[1]]: { share: 0, median: 1, spread: 0 },
        [names[2]]: { share: 0.85, median: 8, spread: 1 },
      },
      control: names[0],
      blocks: 3,
      restarts: 2,
      replicas: 4,
      seed: 3,
    }),
    control: names[0],
    base: null,
    ablation: null,
    interleaved: true,
    seed: 3,
    options: { rounds: 199 },
  })

const comparison = comparisonOf(['today', 'preStop 10', 'probe'])
const options = { width: 120, color: false }

describe('reports of a comparison', () => {
  test('all say which is better, and how many restarts the others need', () => {
    for (const text of [
      renderComparisonTerminal(comparison, 'shop', options),
      renderComparisonMarkdown(comparison, 'shop', { budget: 65_536 }),
      renderComparisonHtml(comparison, 'shop'),
    ]) {
      expect(text).toContain('Better than today: preStop 10.')
      expect(text).toMatch(/probe: not enough data: \d+ more restarts needed/)
      expect(text).toContain('0 of 24')
    }
  })

  test('the JSON is the comparison', () => {
    expect(JSON.parse(renderComparisonJson(comparison))).toEqual(JSON.parse(JSON.stringify(comparison)))
  })

  test.each([40, 60, 80, 120, 200])('nothing on a terminal of %i columns is wider', (width) => {
    const widest = Math.max(
      ...renderComparisonTerminal(comparison, 'shop', { width, color: false })
        .split('\n')
        .map((line) => [...line].length),
    )
    expect(widest).toBeLessThanOrEqual(width)
  })

  test('Markdown stays within its budget, however small', () => {
    for (const budget of [65_536, 4_000, 1_500, 300, 40]) {
      const text = renderComparisonMarkdown(comparison, 'shop', { budget })
      expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(budget)
    }
  })

  test('the page allows its own style and nothing else', () => {
    const page = renderComparisonHtml(comparison, 'shop')
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    expect(page).toContain("default-src 'none'")
    expect(page).toContain(`style-src 'sha256-${hash}'`)
    expect(page).not.toMatch(/<script|style="|https?:\/\/(?!www\.w3\.org)/)
  })

  test('the page has a strip for each run and a row of each forest for each pair', () => {
    const page = renderComparisonHtml(comparison, 'shop')
    expect(page.match(/role="img" aria-label="[^"]*, round \d+:/g)).toHaveLength(9)
    expect(page.match(/class="point /g)).toHaveLength(4)
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('names from outside are text in every report', () => {
    const hostile = comparisonOf([HOSTILE, 'b', 'c'])
    const page = renderComparisonHtml(hostile, HOSTILE)
    expect(page).not.toContain('<img')
    const terminal = renderComparisonTerminal(hostile, HOSTILE, options)
    expect(terminal).not.toContain('\u001b')
    expect(terminal).not.toContain('::error::')
    expect(renderComparisonMarkdown(hostile, HOSTILE, { budget: 65_536 })).not.toContain('<img')
    expect(renderComparisonJson(hostile)).not.toContain('\u001b')
  })

  test('axes have round steps', () => {
    expect(ticks(-0.31, 1.04)).toEqual([0, 0.5, 1])
    expect(ticks(0, 10)).toEqual([0, 2, 4, 6, 8, 10])
    expect(ticks(3, 3)).toEqual([3])
  })
})
