import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { renderTerminal } from '../../../src/report/terminal.ts'
import { textWidth, wrapText } from '../../../src/report/text-layout.ts'
import {
  badRun,
  cleanRun,
  hostileRun,
  inconclusiveRun,
  loadRun,
  wideRun,
} from '../../support/report-fixtures.ts'

/** Lines that are too wide, but for those of the patch, which are there to be copied. */
const tooWide = (text: string, width: number): string[] => {
  const lines = text.split('\n')
  const from = lines.indexOf('Patch')
  const to = lines.indexOf('', from)
  return lines.filter((line, i) => textWidth(line) > width && !(from >= 0 && i > from && i < to))
}

const RUNS = { badRun, cleanRun, inconclusiveRun, loadRun }

test.each(Object.entries(RUNS))('%s is never wider than the terminal', (_, run) => {
  for (const width of [40, 60, 80, 100, 132, 200]) {
    expect(tooWide(renderTerminal(run(), { width, color: false }), width)).toEqual([])
  }
})

test('wide characters and long words in names do not break the layout', () => {
  for (const text of ['世界'.repeat(40), 'x'.repeat(300), '👩‍🚀'.repeat(30)])
    for (const width of [60, 80]) {
      expect(tooWide(renderTerminal(hostileRun(text), { width, color: false }), width)).toEqual([])
    }
})

test('colour changes no character', () => {
  const plain = renderTerminal(badRun(), { width: 100, color: false })
  const painted = renderTerminal(badRun(), { width: 100, color: true })
  expect(painted).not.toBe(plain)
  expect(stripVTControlCharacters(painted)).toBe(plain)
})

test('verdict, what broke, why and what to change come before any table, and the verdict ends the report', () => {
  const text = renderTerminal(badRun(), { width: 100, color: false })
  const at = [
    '✗ FAILED',
    'What broke',
    'Why ',
    'What to change',
    'Patch',
    'Failed requests',
    'Thresholds',
    'Pods',
  ].map((words) => text.indexOf(words))
  expect(at).toEqual(at.toSorted((a, b) => a - b))
  expect(at[0]).toBeGreaterThan(0)
  expect(text.trimEnd().split('\n').at(-1)).toContain('222 of 81,541 requests failed (0.27 %)')
})

test('a long table keeps the rows that matter, and counts the rest', () => {
  const text = renderTerminal(wideRun(34), { width: 120, color: false })
  expect(text).toMatch(/\d+ more rows are in report\.html and report\.json\./)
})

test('a name of any length takes at most eight lines of a table', () => {
  const text = renderTerminal(hostileRun('y'.repeat(5000)), { width: 80, color: false })
  const pods = text.slice(text.indexOf('\nPods\n'), text.indexOf('\nMeasured drain'))
  expect(pods.split('\n').length).toBeLessThan(4 * 8 + 12)
  expect(pods).toContain('…')
})

test('what is left out for want of width is named', () => {
  expect(renderTerminal(badRun(), { width: 60, color: false })).toMatch(/Not shown at this width: [^.]*Gone/)
  expect(renderTerminal(badRun(), { width: 200, color: false })).not.toContain('Not shown')
})

test('wrapping loses nothing', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrapText('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij'])
})
