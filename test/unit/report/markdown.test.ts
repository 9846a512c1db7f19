import { expect, test } from 'vitest'
import { renderMarkdown } from '../../../src/report/markdown.ts'
import { badRun, cleanRun, hostileRun, wideRun } from '../../support/report-fixtures.ts'

test('it never exceeds its budget, and says what it left out', () => {
  const full = renderMarkdown(badRun(), { budget: 1_048_576 })
  expect(full).not.toContain('Left out')
  for (const budget of [65_536, 20_000, 8000, 3000, 2000, 1200, 300, 80, 20, 0]) {
    const text = renderMarkdown(badRun(), { budget })
    expect(text.length).toBeLessThanOrEqual(budget)
    if (budget < full.length && budget >= 2000)
      expect(text).toMatch(
        /Left out to stay within the size limit: |more rows: see|of 222 failures, the first of each/,
      )
  }
})

test('10,000 failures fit a comment on GitHub', () => {
  const report = badRun()
  const list = Array.from(
    { length: 10_000 },
    (_, i) => report.failureList[i % report.failureList.length] ?? report.failureList[0],
  )
  const text = renderMarkdown(
    {
      ...report,
      requests: { ...report.requests, failed: 10_000 },
      failureList: list.filter((failure) => failure !== undefined),
    },
    { budget: 65_536 },
  )
  expect(text.length).toBeLessThanOrEqual(65_536)
  expect(text).toContain('of 10,000 failures, the first of each cause')
  for (const cause of ['A1', 'A16', 'C1', 'ambiguous', 'unexplained']) expect(text).toContain(`| ${cause} |`)
  expect(renderMarkdown(wideRun(100), { budget: 65_536 })).toContain('more rows: see report.html')
})

test('the verdict and the three sentences are kept longest', () => {
  const text = renderMarkdown(badRun(), { budget: 1500 })
  for (const words of ['FAILED', '**What broke.**', '**Why.**', '**What to change.**'])
    expect(text).toContain(words)
})

test('a clean run shows its bound', () => {
  expect(renderMarkdown(cleanRun(), { budget: 65_536 })).toContain('under 15 % of pod terminations')
})

test('each row of a table has as many cells as its head, with hostile names too', () => {
  for (const report of [badRun(), hostileRun('a|b\\|c`|`')]) {
    const lines = renderMarkdown(report, { budget: 1_000_000 }).split('\n')
    let cells: number | null = null
    for (const line of lines) {
      if (!line.startsWith('|')) {
        cells = null
        continue
      }
      const count = line.split('|').length
      cells ??= count
      expect(count).toBe(cells)
    }
  }
})
