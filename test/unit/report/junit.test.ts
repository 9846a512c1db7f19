import { expect, test } from 'vitest'
import type { RunReport } from '../../../src/model/finding.ts'
import { renderJunit } from '../../../src/report/junit.ts'
import { junitErrors } from '../../support/junit-schema.ts'
import { badRun, cleanRun, inconclusiveRun, loadRun } from '../../support/report-fixtures.ts'

const RUNS = { badRun, cleanRun, inconclusiveRun, loadRun }

const count = (xml: string, pattern: RegExp): number => [...xml.matchAll(pattern)].length

const attribute = (tag: string, name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? ''

/** Whether every tag is closed in its order, and all sums are right. For machines without xmllint too. */
const checkStructure = (xml: string): void => {
  const open: string[] = []
  for (const [, close, name = '', rest] of xml
    .replace(/^<\?xml[^>]*\?>/, '')
    .matchAll(/<(\/?)([a-z-]+)([^<>]*)>/g)) {
    if (close === '/') expect(open.pop()).toBe(name)
    else if (!rest?.endsWith('/')) open.push(name)
  }
  expect(open).toEqual([])
  for (const suite of xml.match(/<testsuite [\s\S]*?<\/testsuite>/g) ?? []) {
    const head = /<testsuite [^>]*>/.exec(suite)?.[0] ?? ''
    expect(Number(attribute(head, 'tests'))).toBe(count(suite, /<testcase /g))
    expect(Number(attribute(head, 'failures'))).toBe(count(suite, /<failure /g))
    expect(Number(attribute(head, 'errors'))).toBe(count(suite, /<error /g))
    expect(Number(attribute(head, 'skipped'))).toBe(count(suite, /<skipped /g))
    const names = [...suite.matchAll(/<testcase [^>]*>/g)].map(([tag]) => attribute(tag, 'name'))
    expect(new Set(names).size).toBe(names.length)
  }
}

test.each(Object.entries(RUNS))('JUnit of %s has one case per threshold, gate and rollout', (_, run) => {
  const report = run()
  const xml = renderJunit(report)
  checkStructure(xml)
  expect(count(xml, /<testcase /g)).toBe(report.reasons.length + report.rollouts.length)
})

test('JUnit is valid against the schemas', async () => {
  expect(await junitErrors(...Object.values(RUNS).map((run) => renderJunit(run())))).toEqual([])
})

test('the schema refuses what no JUnit reader takes', async () => {
  const xml = renderJunit(badRun())
  const broken = [
    xml.replace(/ tests="\d+"/, ''),
    xml.replace('<testcase ', '<testcase colour="red" '),
    xml.replaceAll(/name="rollout \d+"/g, 'name="rollout"'),
    xml.replace(/time="[\d.]+"/, 'time="soon"'),
    xml.replace('</testsuite>', ''),
  ]
  for (const one of broken) expect((await junitErrors(one)).length).toBeGreaterThan(0)
})

const withReason = (report: RunReport, id: string, holds: boolean | null): RunReport => ({
  ...report,
  reasons: report.reasons.map((reason) => (reason.id === id ? { ...reason, holds } : reason)),
})

test('a failed run has a failure, an inconclusive one an error, a passed one neither', () => {
  const failures = (xml: string): number => count(xml, /<failure /g)
  const errors = (xml: string): number => count(xml, /<error /g)
  expect(failures(renderJunit(badRun()))).toBe(6)
  expect(errors(renderJunit(badRun()))).toBe(0)
  expect(failures(renderJunit(inconclusiveRun()))).toBe(0)
  expect(errors(renderJunit(inconclusiveRun()))).toBe(3)
  expect(failures(renderJunit(cleanRun())) + errors(renderJunit(cleanRun()))).toBe(0)
})

test('a gate that does not decide the verdict is skipped, with the reason', () => {
  expect(renderJunit(withReason(cleanRun(), 'H7', null))).toContain('not shown (accepted without proof)')
  expect(renderJunit(withReason(badRun(), 'H5', false))).toContain('(the run failed whatever this says)')
})

test('a verdict that no case shows gets a case of its own', () => {
  const bare: RunReport = { ...cleanRun(), verdict: 'inconclusive', reasons: [], rollouts: [] }
  expect(renderJunit(bare)).toMatch(/name="verdict inconclusive"[^>]*>\s*<error /)
  const failed: RunReport = { ...bare, verdict: 'failed' }
  expect(renderJunit(failed)).toMatch(/name="verdict failed"[^>]*>\s*<failure /)
})
