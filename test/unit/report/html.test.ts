import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { epochMs, runMs } from '../../../src/kernel/units.ts'
import type { RunEvent } from '../../../src/model/events.ts'
import { describeEvent } from '../../../src/report/describe-event.ts'
import { pageData } from '../../../src/report/html/page-data.ts'
import { renderHtml } from '../../../src/report/html.ts'
import { badRun, cleanRun, loadRun, wideRun } from '../../support/report-fixtures.ts'

const page = renderHtml(badRun())

const pod = { namespace: 'shop', name: 'web-x', uid: 'u' }

test('only the script and the style of the page are allowed, by their hashes', () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? ''
  const hash = (text: string | undefined): string =>
    `'sha256-${createHash('sha256')
      .update(text ?? '')
      .digest('base64')}'`
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1]
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1]
  expect(policy).toBe(
    `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; base-uri 'none'; form-action 'none'`,
  )
})

test('the page names nothing that could be loaded, and has no inline handler or style', () => {
  const markup = page.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<style>[\s\S]*?<\/style>/, '')
  expect(markup).not.toMatch(/\s(?:src|style|on\w+)=/)
  expect(markup).not.toMatch(/<(?:link|img|iframe|object|embed|base|form)\b/)
  expect([...markup.matchAll(/href="([^"]*)"/g)].every(([, target]) => target?.startsWith('#'))).toBe(true)
  expect(page).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/)
  expect(page).not.toContain('@import')
})

test('ids are unique, and every label points at something', () => {
  const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [, target] of page.matchAll(/(?:aria-labelledby|for|href)="#?([^"?]*)[^"]*"/g))
    expect(ids).toContain(target)
})

test('the page stays small', () => {
  const bytes = (text: string): number => Buffer.byteLength(text)
  expect(bytes(renderHtml(cleanRun()))).toBeLessThan(140_000)
  expect(bytes(page)).toBeLessThan(300_000)
  expect(bytes(renderHtml(wideRun(34)))).toBeLessThan(450_000)
})

test('without a script at most 500 failures are listed, small groups whole, and the rest is counted; the data has all', () => {
  const report = badRun()
  const first = report.failureList.find(({ cause }) => cause === 'A1')
  if (first === undefined) throw new Error('the fixture has an A1')
  const more = Array.from({ length: 2000 }, (_, i) => ({ ...first, requestId: 1_000_000 + i }))
  const many = {
    ...report,
    failureList: [...report.failureList, ...more],
    requests: { ...report.requests, failed: report.requests.failed + more.length },
  }
  const html = renderHtml(many)
  expect([...html.matchAll(/<tr id="f-\d+">/g)].length).toBe(500)
  expect(html).toContain('500 of 2,222 failures are listed here; the other 1,722 are in findings.jsonl.')
  expect(html).toContain('unexplained: No known cause fits <span class="count">(1)</span>')
  expect(pageData(many, null, []).failures.id).toHaveLength(2222)
})

test('evidence is told in words where the facts are given, else by number', () => {
  const report = badRun()
  const seq = report.findings[0]?.evidence[0] ?? 0
  const event: RunEvent = { seq, atMs: runMs(12_901.2), type: 'pod.ready', pod, cluster: null }
  expect(renderHtml(report, { events: [event] })).toContain(`<li>#${seq} at 0:12.901: web-x ready</li>`)
  expect(page).toContain('40 facts in events.jsonl: #')
})

test('a fact is told with the claim of the cluster', () => {
  const event: RunEvent = {
    seq: 412,
    atMs: runMs(32_401),
    type: 'pod.terminating',
    pod,
    gracePeriodSeconds: 30,
    cluster: { earliestAtMs: epochMs(1_763_721_007_000), latestAtMs: epochMs(1_763_721_008_000) },
  }
  expect(describeEvent(event)).toBe(
    '#412 at 0:32.401: web-x terminating, grace 30 s (the cluster says 10:30:07.000–10:30:08.000)',
  )
})

test('failures of a pod lie on its lane, the others on none', () => {
  const report = badRun()
  const data = pageData(report, null, [])
  const lanes = new Map(data.failures.id.map((id, i) => [id, data.failures.pod[i] ?? -2]))
  for (const failure of report.failureList) {
    const lane = lanes.get(failure.requestId) ?? -2
    expect(lane === -1 ? null : data.pods[lane]?.name).toBe(failure.pod)
  }
  expect(pageData(loadRun(), null, []).pods).toEqual([])
})
