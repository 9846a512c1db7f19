import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runMs } from '../../../src/kernel/units.ts'
import type { FailureVerdict, RunReport } from '../../../src/model/finding.ts'
import { MOST_ANNOTATIONS, renderAnnotations } from '../../../src/report/annotations.ts'
import { renderFailuresCsv } from '../../../src/report/csv.ts'
import { renderJunit } from '../../../src/report/junit.ts'
import { COMMENT_BUDGET, renderMarkdown, STEP_SUMMARY_BUDGET } from '../../../src/report/markdown.ts'
import { junitErrors } from '../../support/junit-schema.ts'
import { readCsv } from '../../support/read-csv.ts'
import { badRun, cleanRun, inconclusiveRun, loadRun } from '../../support/report-fixtures.ts'
import { PAYLOADS } from '../../support/report-payloads.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(...PAYLOADS),
  fc.constantFrom('H1', 'H7', 'failures: count==0', 'web-6d9f8c7b5-x2kq9', ''),
  fc.nat({ max: 3 }).map((n) => '世界<|@&'.repeat(10 ** n)),
)
const holds = fc.constantFrom(true, false, null)
const at = fc.double({ min: 0, max: 4e6, noNaN: true }).map(runMs)
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.oneof(one, fc.constant(null))

/** A report with anything in it: any verdict, any texts, any number of reasons, rollouts, findings, pods and failures. */
const anyReport = fc
  .record({
    base: fc.constantFrom(badRun(), cleanRun(), inconclusiveRun(), loadRun()),
    verdict: fc.constantFrom('passed' as const, 'failed' as const, 'inconclusive' as const),
    name: text,
    sentences: fc.tuple(text, text, text),
    limitations: fc.array(text, { maxLength: 80 }),
    reasons: fc.array(fc.record({ id: text, claim: text, value: text, limit: text, holds }), {
      maxLength: 60,
    }),
    rollouts: fc.array(
      fc.record({
        index: fc.nat(200),
        requestedAtMs: at,
        completedAtMs: maybe(at),
        oldPodsGoneAtMs: maybe(at),
        requests: fc.nat(),
        failed: fc.nat(),
      }),
      { maxLength: 60 },
    ),
    findings: fc.array(
      fc.record({
        cause: text,
        mechanism: maybe(text),
        title: text,
        confidence: fc.constant({ level: 'low' as const, p: null }),
        count: fc.nat(),
        requestIds: fc.constant([]),
        evidence: fc.constant([]),
        ruledOut: fc.array(fc.record({ cause: text, because: text }), { maxLength: 4 }),
        candidates: fc.array(text, { maxLength: 4 }),
        fix: text,
      }),
      { maxLength: 40 },
    ),
    hidden: fc.nat(),
    copies: fc.constantFrom(0, 1, 1, 50),
    message: text,
  })
  .map(({ base, hidden, copies, message, ...rest }): RunReport => {
    // Many failures or long texts: both at once would be a table of 100 MB, which says no more.
    const words = copies > 1 ? message.slice(0, 200) : message
    const failureList: FailureVerdict[] = Array.from({ length: copies }, () => base.failureList)
      .flat()
      .slice(0, 10_000)
      .map((failure) => ({ ...failure, message: words, path: words }))
    return { ...base, ...rest, failureList, failures: { ...base.failures, hidden } }
  })

const bytes = (markdown: string): number => Buffer.byteLength(markdown)

const RUNS = Number(process.env.ROLLPROOF_RANDOM_REPORTS ?? 15)

test(`of ${RUNS} random reports, Markdown is within its budget, annotations are at most ten, CSV has its columns`, () => {
  fc.assert(
    fc.property(anyReport, fc.nat(STEP_SUMMARY_BUDGET), (report, budget) => {
      for (const most of [budget % 2 === 0 ? budget : Math.trunc(budget / 100), COMMENT_BUDGET])
        expect(bytes(renderMarkdown(report, { budget: most }))).toBeLessThanOrEqual(most)
      const annotations = renderAnnotations(report)
      expect(annotations.length).toBeLessThanOrEqual(MOST_ANNOTATIONS)
      expect(annotations.join('').match(/[\r\n]/)).toBe(null)
      const rows = readCsv(renderFailuresCsv(report))
      expect(rows).toHaveLength(report.failureList.length + 1)
      expect(new Set(rows.map(({ length }) => length)).size).toBe(1)
    }),
    { numRuns: RUNS },
  )
})

test(`of ${RUNS} random reports, JUnit is valid, names are unique, and the counts show the verdict`, async () => {
  const reports = fc.sample(anyReport, RUNS)
  const files = reports.map(renderJunit)
  expect(await junitErrors(...files)).toEqual([])
  files.forEach((xml, i) => {
    for (const suite of xml.match(/<testsuite [\s\S]*?<\/testsuite>/g) ?? []) {
      const names = [...suite.matchAll(/<testcase classname="[^"]*" name="([^"]*)"/g)].map(([, name]) => name)
      expect(new Set(names).size).toBe(names.length)
    }
    const verdict = reports[i]?.verdict
    const head = /<testsuites [^>]*>/.exec(xml)?.[0] ?? ''
    expect(/ failures="0"/.test(head)).toBe(verdict !== 'failed')
    expect(/ errors="0"/.test(head)).toBe(verdict !== 'inconclusive')
  })
})

test('10,000 failures with long messages in every language fit a comment and a step summary', () => {
  const base = badRun()
  const failureList = Array.from({ length: 10_000 }, (_, i) => ({
    ...(base.failureList[i % base.failureList.length] as FailureVerdict),
    requestId: i,
    message: '世界 <b>|</b> `@you` '.repeat(30),
  }))
  const report = { ...base, requests: { ...base.requests, failed: 10_000 }, failureList }
  for (const budget of [COMMENT_BUDGET, STEP_SUMMARY_BUDGET]) {
    const markdown = renderMarkdown(report, { budget })
    expect(bytes(markdown)).toBeLessThanOrEqual(budget)
    expect(markdown).toMatch(/\d+ of 10,000 failures, the first of each cause/)
    expect(markdown).toContain('### Patch')
    expect(markdown).toContain('### Predicted before the run, and what came true')
  }
})
