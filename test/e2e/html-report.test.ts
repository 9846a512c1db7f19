import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { correlate } from '../../src/correlator/correlate.ts'
import { readBundle } from '../../src/eventlog/bundle-reader.ts'
import type { RunReport } from '../../src/model/finding.ts'
import { dataBlock } from '../../src/report/html/data-block.ts'
import { renderHtml } from '../../src/report/html.ts'
import { pathInTree } from '../support/generated.ts'
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
import { COLORS, INJECT, OVERFLOW, POOR_CONTRAST, REDRAW_MS, REMAINS } from '../support/report-probes.ts'

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
  context.setDefaultTimeout(120_000)
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

/** The page of the committed sample bundle: with all that the correlator knows. */
const sampleHtml = await (async () => {
  const bundle = await readBundle(pathInTree('reports/sample'))
  const { report, detail } = correlate(bundle)
  return renderHtml(report, { events: bundle.events, detail: detail() })
})()

/** Opens a page at a hash and waits until its script has set it up. */
const openHtml = async (html: string, hash = ''): Promise<void> => {
  const path = join(folder, 'report.html')
  writeFileSync(path, html)
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== pathToFileURL(path).href) trouble.push(`request: ${request.url()}`)
  })
  await page.goto('about:blank')
  await page.goto(pathToFileURL(path).href + hash)
  await page.locator('html[data-ready]').waitFor({ state: 'attached' })
}

const open = (report: RunReport, hash = ''): Promise<void> => openHtml(renderHtml(report), hash)

const hash = (): Promise<string> => page.evaluate<string>('location.hash')
const shown = (): Promise<string | null> => page.locator('#readout').textContent()

test.each([
  ['a clean run', cleanRun, 24],
  ['a bad run', badRun, 24],
  ['an inconclusive run', inconclusiveRun, 9],
  ['a load run', loadRun, 0],
])(
  'the page of %s opens without an error or a request, with all its pods on the timeline',
  async (_, run, pods) => {
    await open(run(), '#timeline')
    expect(await shown()).toContain(`${pods} pods`)
    expect(await page.evaluate<number>(COLORS('#timeline-plot > canvas:nth-of-type(3)'))).toBeGreaterThan(4)
    const heads = await page.locator('.group-head .fold').allTextContents()
    const counted = heads.map((text) => Number(/: (\d+) pods?/.exec(text)?.[1] ?? 0))
    expect(counted.reduce((sum, n) => sum + n, 0)).toBe(pods)
    expect(trouble).toEqual([])
  },
)

test('failures add up over the lanes, and those without a pod have a lane of their own', async () => {
  await open(badRun(), '#timeline')
  const heads = await page.locator('.group-head .fold').allTextContents()
  const failures = heads.map((text) => Number(/(\d+) failures?$/.exec(text)?.[1] ?? 0))
  expect(failures.reduce((sum, n) => sum + n, 0)).toBe(222)
  expect(heads.at(-1)).toMatch(/^Of no known pod: \d+ failures?$/)
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
    const found = await page.evaluate<unknown>(REMAINS)
    expect(found).toEqual({ pwned: false, foreign: 0, scripts: 2, handlers: 0 })
  }
  expect(trouble).toEqual([])
})

test('only the view that the address names is shown, and the back button returns to the one before', async () => {
  await openHtml(sampleHtml)
  const visible = (): Promise<string[]> =>
    page.locator('section.view:visible').evaluateAll((views) => views.map(({ id }) => id))
  expect(await visible()).toEqual(['summary'])
  for (const view of ['timeline', 'drain', 'failures', 'latency', 'proof']) {
    await page.click(`nav [data-view="${view}"]`)
    await page.locator(`#${view}:visible`).waitFor()
    expect(await visible()).toEqual([view])
    expect(await page.locator('nav [aria-current="page"]').getAttribute('data-view')).toBe(view)
  }
  await page.goBack()
  await page.locator('#latency:visible').waitFor()
  expect(await visible()).toEqual(['latency'])
  expect(trouble).toEqual([])
})

test('the filters narrow the list, the address holds them, and opening it again restores them', async () => {
  await openHtml(sampleHtml, '#failures')
  expect(await page.locator('#filter-count').textContent()).toBe('146 of 146 failures')
  await page.selectOption('#filters [name="kind"]', 'connect-timeout')
  await page.locator('#filter-count', { hasText: '52 of 146' }).waitFor()
  await page.selectOption('#filters [name="rollout"]', '1')
  await page.locator('#filter-count', { hasNotText: '52 of 146' }).waitFor()
  const count = await page.locator('#filter-count').textContent()
  const address = await hash()
  expect(address).toBe('#failures?kind=connect-timeout&rollout=1')
  await page.goBack()
  await page.locator('#filter-count', { hasText: '52 of 146' }).waitFor()
  await openHtml(sampleHtml, address)
  expect(await page.locator('#filter-count').textContent()).toBe(count)
  expect(await page.locator('#filters [name="kind"]').inputValue()).toBe('connect-timeout')
  await page.fill('#filters [name="q"]', 'orders')
  expect(await hash()).toBe('#failures?kind=connect-timeout&rollout=1&q=orders')
  expect(trouble).toEqual([])
})

test('one failure has a page with its request, connection, pod, twin, evidence and what was ruled out', async () => {
  await openHtml(sampleHtml, '#failure?id=245')
  const text = (await page.locator('#failure').textContent()) ?? ''
  for (const part of [
    'Failure #245: reset',
    'read ECONNRESET',
    'kept alive: had carried 3 requests',
    'Its pod at that time',
    'Terminating',
    '±',
    'on a fresh connection at once after it went well',
    'Evidence',
    'terminating, grace',
    'Ruled out',
    'A16: the request was no older than a round trip',
  ])
    expect(text).toContain(part)
  await page.locator('#failure a', { hasText: 'Next' }).click()
  await page.locator('#failure h2', { hasNotText: '#245' }).waitFor()
  await page.goBack()
  await page.locator('#failure h2', { hasText: '#245' }).waitFor()
  await page.locator('#failure a', { hasText: 'Show on the timeline' }).click()
  await page.locator('#timeline:visible').waitFor()
  expect(await hash()).toMatch(/^#timeline\?from=1&to=7.*&at=245$/)
  expect(await shown()).toContain('web-7c5595979c-gwpql')
  expect(trouble).toEqual([])
})

test('the timeline is zoomed by buttons, by keys and by dragging, and the address restores the span', async () => {
  await open(badRun(), '#timeline')
  await page.click('[data-zoom="2"]')
  expect(await shown()).toMatch(/^Shown: 1:06 to 1:29 .* 56 failures\.$/)
  const address = await hash()
  await page.locator('#timeline-plot').focus()
  await page.keyboard.press('0')
  expect(await shown()).toMatch(/^Shown: 0:00 to 5:05 .* 222 failures\.$/)
  await page.keyboard.press('+')
  expect(await shown()).toMatch(/^Shown: 1:16 to 3:49 /)
  await page.keyboard.press('ArrowRight')
  expect(await shown()).toMatch(/^Shown: 1:54 to 4:27 /)
  await page.keyboard.press('0')
  const box = await page.locator('#timeline-plot').boundingBox()
  if (box === null) throw new Error('the timeline is not there')
  await page.mouse.move(box.x + 300, box.y + 120)
  await page.mouse.down()
  await page.mouse.move(box.x + 600, box.y + 120)
  await page.mouse.up()
  expect(await shown()).not.toMatch(/^Shown: 0:00 to 5:05/)
  await open(badRun(), address)
  expect(await shown()).toMatch(/^Shown: 1:06 to 1:29 .* 56 failures\.$/)
  expect(await page.locator('#span-failures').textContent()).toBe('List the 56 failures of this span')
  await page.click('#span-failures')
  await page.locator('#filter-count', { hasText: '56 of 222 failures, 1:06' }).waitFor()
  expect(trouble).toEqual([])
})

test('with the keyboard alone: to the timeline, from failure to failure, into one, and back', async () => {
  await openHtml(sampleHtml)
  await page.keyboard.press('Tab')
  expect(await page.evaluate<string>('document.activeElement.className')).toBe('skip')
  await page.locator('nav [data-view="timeline"]').focus()
  await page.keyboard.press('Enter')
  await page.locator('#timeline:visible').waitFor()
  await page.locator('#timeline-plot').focus()
  await page.keyboard.press('n')
  expect(await shown()).toMatch(/^Failure 1 of 146 on web-7c5595979c-gwpql: at 0:04\.000/)
  await page.keyboard.press('n')
  await page.keyboard.press('p')
  expect(await shown()).toMatch(/^Failure 1 of 146/)
  await page.keyboard.press('Enter')
  await page.locator('#failure h2', { hasText: 'Failure #245' }).waitFor()
  await page.goBack()
  await page.locator('#timeline:visible').waitFor()
  expect(trouble).toEqual([])
})

test('a mark of one failure leads to its page, a mark of several to their list', async () => {
  await openHtml(sampleHtml, '#timeline')
  const box = await page.locator('.group canvas').first().boundingBox()
  if (box === null) throw new Error('the lanes are not there')
  await page.mouse.move(box.x + 200 + (4.05 / 18.7) * (box.width - 208), box.y + 9)
  expect(await page.locator('.tip').textContent()).toMatch(/web-7c5595979c-gwpql.*\d failures? from 0:04\.0/)
  await page.mouse.down()
  await page.mouse.up()
  await page.locator('#timeline:not(:visible)').waitFor({ state: 'attached' })
  expect(await hash()).toMatch(/^#failure/)
  expect(trouble).toEqual([])
})

test('the overview moves what is shown, and the way back leads to where the list was read', async () => {
  await openHtml(sampleHtml, '#timeline?from=1&to=3')
  const box = await page.locator('#timeline-plot .overview').boundingBox()
  if (box === null) throw new Error('the overview is not there')
  await page.mouse.move(box.x + 900, box.y + 8)
  await page.mouse.down()
  await page.mouse.move(box.x + 1000, box.y + 8)
  await page.mouse.up()
  expect(await shown()).toMatch(/^Shown: 0:13\.\d to 0:15\.\d /)
  await page.click('nav [data-view="failures"]')
  await page.locator('#failures:visible').waitFor()
  const rows = page.locator('#failure-groups tbody a')
  await rows.nth(120).scrollIntoViewIfNeeded()
  await page.waitForFunction('scrollY > 300')
  const height = await page.evaluate<number>('scrollY')
  await rows.nth(120).click()
  await page.locator('#failure:visible').waitFor()
  await page.goBack()
  await page.locator('#failures:visible').waitFor()
  expect(await rows.nth(120).isVisible()).toBe(true)
  await page.waitForFunction(`scrollY === ${height}`)
  expect(trouble).toEqual([])
})

test('the patch is copied, or selected where the browser forbids it', async () => {
  await open(badRun())
  await page.click('#copy')
  await page.locator('#copied', { hasText: /^(Copied|Selected: press Ctrl\+C)$/ }).waitFor()
})

test('the cross-hair tells load, latency and pods of its moment', async () => {
  await open(badRun(), '#timeline')
  const box = await page.locator('#timeline-plot').boundingBox()
  if (box === null) throw new Error('the timeline is not there')
  await page.mouse.move(box.x + 700, box.y + 200)
  expect(await shown()).toMatch(
    /^\d:\d\d\.\d \(10:3\d:\d\d\.\d{3} UTC\): \d+ ok\/s, \d+ failed\/s; p50 .*, p99 .*; pods: \d ready/,
  )
})

test('each pod that ended has a card that says what preStop would have covered', async () => {
  await openHtml(sampleHtml, '#drain')
  expect(await page.locator('#drain-cards .card').count()).toBe(8)
  const first = (await page.locator('#drain-cards .card').first().textContent()) ?? ''
  expect(first).toMatch(/of preStop would have covered it; it had none/)
  await page.selectOption('#drain-order', 'time')
  await page.waitForFunction("location.hash === '#drain?first=time'")
  expect(await page.locator('#drain-cards .card h3').first().textContent()).toContain('web-7c5595979c')
  expect(trouble).toEqual([])
})

test('a narrow screen and print have no overflow beside the tables; print shows every view, without tools', async () => {
  await page.setViewportSize({ width: 400, height: 800 })
  await openHtml(sampleHtml)
  for (const view of ['summary', 'timeline', 'drain', 'failures', 'latency', 'proof', 'failure?id=245']) {
    await page.evaluate(`location.hash = '#${view}'`)
    await page.locator(`#${view.split('?')[0]}:visible`).waitFor()
    expect([view, await page.evaluate<number>(OVERFLOW)]).toEqual([view, 0])
  }
  await page.setViewportSize({ width: 794, height: 1123 })
  await page.evaluate("location.hash = '#summary'")
  await page.locator('#summary:visible').waitFor()
  await page.emulateMedia({ media: 'print' })
  await page.locator('#proof:visible').waitFor()
  expect(await page.locator('section.view:visible').count()).toBeGreaterThanOrEqual(6)
  expect(await page.locator('#tools').isVisible()).toBe(false)
  expect(await page.locator('nav').isVisible()).toBe(false)
  expect(await page.locator('table.failures tbody tr').first().isVisible()).toBe(true)
  expect(await page.evaluate<number>(COLORS('#timeline-plot > canvas:nth-of-type(3)'))).toBeGreaterThan(4)
  expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(50_000)
  await page.emulateMedia({ media: 'screen' })
  await page.locator('#proof:not(:visible)').waitFor({ state: 'attached' })
})

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Its contrast rule looks at every text by itself, which takes a minute: with ROLLPROOF_FULL_AXE=1. The own one is quick. */
const AXE_RULES =
  process.env.ROLLPROOF_FULL_AXE === '1' ? '' : ", rules: { 'color-contrast': { enabled: false } }"
const AXE_TAGS = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"

test.each(['light', 'dark'] as const)(
  'axe finds nothing on any view, and no text is too faint: %s',
  async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    await openHtml(sampleHtml)
    await page.evaluate(AXE)
    for (const view of ['summary', 'timeline', 'drain', 'failures', 'latency', 'proof', 'failure?id=245']) {
      const id = view.split('?')[0]
      await page.evaluate(`location.hash = '#${view}'`)
      await page.locator(`#${id}:visible`).waitFor()
      if (colorScheme === 'dark' && AXE_RULES !== '') continue
      const found = await page.evaluate<string[]>(
        `axe.run('${view === 'summary' ? 'html' : `#${id}`}', { runOnly: ${AXE_TAGS}${AXE_RULES} })
        .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).slice(0, 3).join(' | ')))`,
      )
      expect([view, found]).toEqual([view, []])
    }
    expect(await page.evaluate<string[]>(POOR_CONTRAST)).toEqual([])
  },
  240_000,
)

test('without a script the page still has every view and the failures', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false })
  const still = await plain.newPage()
  const path = join(folder, 'plain.html')
  writeFileSync(path, sampleHtml)
  await still.goto(pathToFileURL(path).href)
  expect(await still.locator('section.view:visible').count()).toBe(6)
  expect(await still.locator('table.failures tbody tr:visible').count()).toBe(146)
  await plain.close()
})

test('packed data is unpacked by the page itself, under the same policy', async () => {
  const plain = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(sampleHtml)
  const packed = dataBlock(JSON.parse(plain?.[1] ?? 'null'), 0)
  expect(packed).toContain('application/octet-stream')
  await openHtml(sampleHtml.replace(plain?.[0] ?? 'no data', packed), '#failures?kind=reset')
  expect(await page.locator('#filter-count').textContent()).toBe('1 of 146 failures')
  expect(trouble).toEqual([])
})

test('102 pods are drawn, and zoomed, without delay', async () => {
  await open(wideRun(34), '#timeline')
  const tookMs = await page.evaluate<number>(REDRAW_MS)
  expect(tookMs).toBeLessThan(100)
  expect(trouble).toEqual([])
})
