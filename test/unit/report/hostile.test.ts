import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { renderFailuresCsv } from '../../../src/report/csv.ts'
import { PAGE_SCRIPT, PAGE_STYLE } from '../../../src/report/html/page-source.ts'
import { renderHtml } from '../../../src/report/html.ts'
import { renderJson } from '../../../src/report/json.ts'
import { renderJunit } from '../../../src/report/junit.ts'
import { renderMarkdown } from '../../../src/report/markdown.ts'
import { redactData } from '../../../src/report/redact.ts'
import { renderTerminal } from '../../../src/report/terminal.ts'
import { readCsv } from '../../support/read-csv.ts'
import { hostileRun } from '../../support/report-fixtures.ts'
import { PAYLOADS } from '../../support/report-payloads.ts'

/** Control characters of C0 (without line feed) and C1, bidirectional controls, separators, zero-width, lone surrogates. */
const ACTIVE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not come through
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/u

/** What a CI log obeys: a command at the start of a line, or the older form anywhere. */
const COMMAND = /^\s*::[\w-]+[^\n]*::|##\[|##vso\[/im

/** Names of all tags, in order: hostile text must not add, end or change one. */
const tags = (markup: string): string[] =>
  [...markup.matchAll(/<(\/?[a-z!?][\w:-]*)/gi)].map((match) => match[1] ?? '')

const attributesOf = (markup: string): string[] =>
  [...markup.matchAll(/<[a-z][\w:-]*((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/gi)].map((match) =>
    (match[1] ?? '').replace(/="[^"]*"/g, ''),
  )

const bare = (html: string): string => html.replace(PAGE_SCRIPT, '').replace(PAGE_STYLE, '')

/** Links, mentions, HTML and line structure of Markdown that text could have made. */
const MARKDOWN_ACTIVE = /(?<![`\w])@\w|https?:\/\/|www\.\w|\]\(|!\[|<(?!\/?(?:details|summary|code)>)/

const benign = hostileRun('plain words')
const plain = {
  html: bare(renderHtml(benign)),
  junit: renderJunit(benign),
  markdown: renderMarkdown(benign, { budget: 1_000_000 }),
  csv: readCsv(renderFailuresCsv(benign)),
}

test('there are at least 100 payloads, none twice', () => {
  expect(new Set(PAYLOADS).size).toBe(PAYLOADS.length)
  expect(PAYLOADS.length).toBeGreaterThanOrEqual(100)
})

test.each(PAYLOADS.map((payload) => [JSON.stringify(payload), payload]))(
  '%s is inert in every sink',
  (_, payload) => {
    const report = hostileRun(payload)

    for (const width of [40, 80]) {
      const terminal = renderTerminal(report, { width, color: false })
      expect(terminal).not.toMatch(ACTIVE)
      expect(terminal).not.toMatch(COMMAND)
    }

    const html = bare(renderHtml(report))
    expect(html).not.toMatch(ACTIVE)
    expect(tags(html)).toEqual(tags(plain.html))
    expect(attributesOf(html)).toEqual(attributesOf(plain.html))

    const junit = renderJunit(report)
    expect(junit).not.toMatch(ACTIVE)
    expect(tags(junit)).toEqual(tags(plain.junit))
    expect(junit).not.toContain(']]>')

    const json = renderJson(report)
    expect(json).not.toMatch(ACTIVE)
    expect(json).not.toMatch(COMMAND)
    const { failureList, ...rest } = redactData(report)
    expect(JSON.parse(json)).toEqual({ failureList, ...rest })

    const markdown = renderMarkdown(report, { budget: 1_000_000 })
    expect(markdown).not.toMatch(ACTIVE)
    expect(markdown).not.toMatch(COMMAND)
    const prose = markdown.replace(/^(`{3,})yaml\n[^\n]*(?:\n[^\n]+)*?\n\1$/m, '')
    expect(prose).not.toMatch(MARKDOWN_ACTIVE)
    expect(prose.split('\n').map((line) => line.split(/(?<!\\)\|/).length)).toEqual(
      plain.markdown
        .replace(/^(`{3,})yaml\n[^\n]*(?:\n[^\n]+)*?\n\1$/m, '')
        .split('\n')
        .map((line) => line.split('|').length),
    )

    const csv = readCsv(renderFailuresCsv(report))
    expect(csv.map((row) => row.length)).toEqual(plain.csv.map((row) => row.length))
    for (const field of csv.slice(1).flat()) {
      expect(field).not.toMatch(ACTIVE)
      expect(field).not.toMatch(/^\s*[=+@|%]|^\s*-\D/)
    }
  },
)

test('JUnit with every payload is well-formed XML', (context) => {
  const report = hostileRun(PAYLOADS.join(' '))
  try {
    execFileSync('xmllint', ['--version'], { stdio: 'ignore' })
  } catch {
    context.skip('xmllint is not installed')
  }
  execFileSync('xmllint', ['--noout', '--nonet', '-'], {
    input: renderJunit(report),
    stdio: ['pipe', 'ignore', 'pipe'],
  })
})
