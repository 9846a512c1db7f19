import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RunReport } from '../../src/model/finding.ts'
import { renderHtml } from '../../src/report/html.ts'
import { launchBrowser } from '../support/report-browser.ts'
import {
  badRun,
  cleanRun,
  hostileRun,
  inconclusiveRun,
  loadRun,
  wideRun,
} from '../support/report-fixtures.ts'
import { PAYLOADS } from '../support/report-payloads.ts'
import { INJECT, OVERFLOW, POOR_CONTRAST, REDRAW_MS, REMAINS } from '../support/report-probes.ts'

let browser: Browser
let context: BrowserContext
let page: Page
const folder = mkdtempSync(join(tmpdir(), 'rollproof-html-'))
/** What must stay empty: console errors, page errors, requests for anything but the page. */
let trouble: string[] = []

beforeAll(async () => {
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  trouble = []
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  page = await context.newPage()
  page.on('console', (message) => trouble.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => trouble.push(error.message))
  page.on('dialog', (dialog) => {
    trouble.push(dialog.message())
    void dialog.dismiss()
  })
})

afterEach(async () => {
  await context.close()
})

const open = async (report: RunReport): Promise<void> => {
  const path = join(folder, 'report.html')
  writeFileSync(path, renderHtml(report))
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(path).href) trouble.push(`request: ${request.url()}`)
  })
  await page.goto(pathToFileURL(path).href)
}

test.each([
  ['a clean run', cleanRun, 24],
  ['a bad run', badRun, 24],
  ['an inconclusive run', inconclusiveRun, 9],
  ['a load run', loadRun, 0],
])('the page of %s opens without an error or a request, with a lane for each pod', async (_, run, lanes) => {
  await open(run())
  await page.locator('#timeline svg').waitFor()
  expect(await page.locator('#timeline .lane rect').count()).toBeGreaterThanOrEqual(lanes)
  expect(trouble).toEqual([])
})

test('failures are marks on their lanes and add up, and one without a pod has a lane of its own', async () => {
  await open(badRun())
  const marks = await page
    .locator('#timeline .marks')
    .evaluateAll((groups) =>
      groups.map((group) =>
        Number(/^(\d+) failure/.exec(group.querySelector('title')?.textContent ?? '')?.[1]),
      ),
    )
  expect(marks.reduce((sum, n) => sum + n, 0)).toBe(222)
  expect(await page.locator('#timeline text', { hasText: 'of no known pod' }).count()).toBe(1)
  expect(await page.locator('#timeline text', { hasText: 'exit 137' }).count()).toBe(1)
})

test('what was not seen is greyed out', async () => {
  await open(inconclusiveRun())
  expect(await page.locator('#timeline rect.blind title').allTextContents()).toEqual([
    'not seen: watch gap: pods, 1:12.1 to 1:15.5',
    'not seen: stall: engine-0, 1:21.0 to 1:21.4',
  ])
})

test('a script that got into the page would not run', async () => {
  await open(badRun())
  const ran = await page.evaluate<boolean>(INJECT)
  expect(ran).toBe(false)
  expect(trouble.some((line) => line.includes('Content Security Policy'))).toBe(true)
})

test('every payload is inert: nothing runs, nothing is loaded, nothing is added', async () => {
  for (const turn of [0, 37, 74, 111]) {
    await open(hostileRun(...PAYLOADS.slice(turn), ...PAYLOADS.slice(0, turn)))
    await page.locator('#timeline svg').waitFor()
    const found = await page.evaluate<unknown>(REMAINS)
    expect(found).toEqual({ pwned: false, foreign: 0, scripts: 2, handlers: 0 })
  }
  expect(trouble).toEqual([])
})

test('the filter hides rows and says how many are left', async () => {
  await open(badRun())
  await page.fill('#filter', 'connect-timeout')
  expect(await page.locator('#filter-count').textContent()).toBe('20 of 222 rows')
  expect(await page.locator('table.failures tbody tr:visible').count()).toBe(20)
  expect(await page.locator('details.group:visible').count()).toBe(1)
  await page.fill('#filter', '')
  expect(await page.locator('details.group:visible').count()).toBe(5)
})

test('the timeline is zoomed by buttons, by keys and by dragging', async () => {
  await open(badRun())
  const shown = (): Promise<string | null> => page.locator('#readout').textContent()
  await page.click('[data-zoom="2"]')
  expect(await shown()).toMatch(/^Shown: 1:06 to 1:29 .* 56 failures\.$/)
  await page.locator('#timeline').focus()
  await page.keyboard.press('0')
  expect(await shown()).toMatch(/^Shown: 0:00 to 5:05 .* 222 failures\.$/)
  await page.keyboard.press('+')
  expect(await shown()).toMatch(/^Shown: 1:16 to 3:49 /)
  await page.keyboard.press('ArrowRight')
  expect(await shown()).toMatch(/^Shown: 1:54 to 4:27 /)
  await page.keyboard.press('0')
  const box = await page.locator('#timeline').boundingBox()
  if (box === null) throw new Error('the timeline is not there')
  await page.mouse.move(box.x + 300, box.y + 120)
  await page.mouse.down()
  await page.mouse.move(box.x + 600, box.y + 120)
  await page.mouse.up()
  expect(await shown()).not.toMatch(/^Shown: 0:00 to 5:05/)
  expect(trouble).toEqual([])
})

test('a mark leads to its row in the table', async () => {
  await open(badRun())
  await page.click('[data-zoom="1"]')
  await page.locator('#timeline .marks').first().click()
  expect(await page.locator('tr.found').count()).toBe(1)
  expect(await page.locator('tr.found').isVisible()).toBe(true)
})

test('the cross-hair tells load, latency and pods of its moment', async () => {
  await open(badRun())
  await page.locator('#timeline').scrollIntoViewIfNeeded()
  const box = await page.locator('#timeline').boundingBox()
  if (box === null) throw new Error('the timeline is not there')
  await page.mouse.move(box.x + 700, box.y + 200)
  expect(await page.locator('#readout').textContent()).toMatch(
    /^\d:\d\d\.\d \(10:3\d:\d\d\.\d{3} UTC\): \d+ ok\/s, \d+ failed\/s, p50 .*, p99 .*; pods: \d ready/,
  )
})

test('a narrow screen and print have no overflow beside the tables', async () => {
  await page.setViewportSize({ width: 390, height: 800 })
  await open(badRun())
  await page.locator('#timeline svg').waitFor()
  expect(await page.evaluate<number>(OVERFLOW)).toBeLessThanOrEqual(0)
  await page.setViewportSize({ width: 794, height: 1123 })
  await page.emulateMedia({ media: 'print' })
  expect(await page.locator('#tools').isVisible()).toBe(false)
  expect(await page.locator('table.failures').first().isVisible()).toBe(true)
})

test('text has the contrast of WCAG 2.2 AA, light and dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await open(badRun())
    const poor = await page.evaluate<string[]>(POOR_CONTRAST)
    expect(poor).toEqual([])
  }
})

test('102 pods are drawn, and zoomed, without delay', async () => {
  await open(wideRun(34))
  const tookMs = await page.evaluate<number>(REDRAW_MS)
  expect(tookMs).toBeLessThan(250)
  expect(trouble).toEqual([])
})
