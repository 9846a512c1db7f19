import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  escapeControls,
  escapeCsv,
  escapeHtml,
  escapeJsonText,
  escapeMarkdown,
  escapeTerminal,
  escapeWorkflowData,
  escapeWorkflowProperty,
  escapeXml,
  jsonForScript,
  markdownFence,
} from '../../../src/report/escape.ts'
import { readCsv } from '../../support/read-csv.ts'

/** Any code units at all, with what is dangerous more often than chance would have it. */
const nasty = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom(
      '\u001b',
      '\r',
      '\n',
      '\u0007',
      '\u202e',
      '<',
      '>',
      '&',
      '"',
      "'",
      '`',
      '|',
      '\\',
      ':',
      '#',
      '[',
      '@',
      '=',
    ),
  ),
})

// biome-ignore lint/suspicious/noControlCharactersInRegex: what must not come through
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/

test('control characters become visible, and stay readable', () => {
  expect(escapeControls('a\u001b[31mb\rc\nd\te\u202ef\u{e0041}\ud800')).toBe(
    'a\\x1b[31mb\\rc\\nd\\te\\u202ef\\u{e0041}\\ud800',
  )
  expect(escapeControls('Grüße, 世界 👩 ±')).toBe('Grüße, 世界 👩 ±')
})

test('an IPv6 address is no workflow command', () => {
  expect(escapeTerminal('connect ECONNREFUSED ::1:8080 fe80::dead:beef')).toBe(
    'connect ECONNREFUSED ::1:8080 fe80::dead:beef',
  )
  expect(escapeTerminal('::error::x')).toBe(':\\x3aerror:\\x3ax')
})

test('nothing that acts passes a sink, for any text', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(escapeTerminal(text)).not.toMatch(CONTROL)
      expect(escapeHtml(text)).not.toMatch(/[<>"'`]/)
      expect(escapeHtml(text)).not.toMatch(CONTROL)
      expect(escapeXml(text)).not.toMatch(/[<>"']/)
      expect(escapeXml(text)).not.toMatch(CONTROL)
      expect(escapeMarkdown(text)).not.toMatch(/[<>`*_[\]|~$\\\n]/)
      expect(escapeWorkflowData(text)).not.toMatch(/[\r\n]/)
      expect(escapeWorkflowProperty(text)).not.toMatch(/[\r\n:,]/)
      const [[field = ''] = []] = readCsv(`${escapeCsv(text)}\r\n`)
      expect(field).not.toMatch(/^[=+\-@\t\r]/)
    }),
    { numRuns: 500 },
  )
})

test('JSON for a script holds no markup, and means the same', () => {
  fc.assert(
    fc.property(fc.dictionary(nasty, nasty), (value) => {
      const text = jsonForScript(value)
      expect(text).not.toMatch(/[<>&]/)
      expect(text).not.toMatch(CONTROL)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(JSON.parse(escapeJsonText(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('a fence is longer than any run of backticks in it', () => {
  const block = markdownFence('a\n````\nb', 'yaml')
  expect(block).toBe('`````yaml\na\n````\nb\n`````')
})
