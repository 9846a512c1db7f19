// How large the HTML report is and how fast it opens: `node test/bench/report/page.ts [requests …]`. Made-up runs with
// 100 pods and thousands of failures go through the correlator and the renderer; then a real browser opens the page.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { correlate } from '../../../src/correlator/correlate.ts'
import { renderHtml } from '../../../src/report/html.ts'
import { type BigPlan, bigRun } from '../../support/big-run.ts'
import { launchBrowser } from '../../support/report-browser.ts'
import { OPENED_MS, READY_COUNTS, ZOOM_FRAMES_MS } from '../../support/report-probes.ts'

const OPENINGS = 3

/** Failures grow with the requests: 10,000 of 300,000 and 20,000 of 3,000,000, at 400 terminations of 100 pods. */
const planOf = (requests: number): BigPlan => ({
  requests,
  replicas: 100,
  rollouts: 4,
  durationMs: requests > 1_000_000 ? 3_600_000 : 300_000,
  failuresPerEnd: requests > 1_000_000 ? 50 : 25,
})

const folder = mkdtempSync(join(tmpdir(), 'rollproof-page-'))
const sizes = process.argv.slice(2).map(Number)
const browser = await launchBrowser()
try {
  for (const requests of sizes.length > 0 ? sizes : [300_000, 3_000_000]) {
    const input = bigRun(planOf(requests))
    const t0 = performance.now()
    const { report, findings, detail } = correlate(input)
    const t1 = performance.now()
    const more = detail()
    const t2 = performance.now()
    const html = renderHtml(report, { events: input.events, detail: more })
    const t3 = performance.now()
    const path = join(folder, 'report.html')
    writeFileSync(path, html)
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
    console.log(
      `${requests} requests, ${report.pods.length} pods, ${findings.length} failures: correlate ${seconds(t1 - t0)}, detail ${seconds(t2 - t1)}, render ${seconds(t3 - t2)}, heap and buffers ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
    )
    console.log(`  file ${(Buffer.byteLength(html) / 1e6).toFixed(2)} MB`)
    for (const hash of ['', '#timeline', '#failures', '#drain']) {
      const times: number[] = []
      for (let i = 0; i < OPENINGS; i++) {
        const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
        await page.goto(pathToFileURL(path).href + hash)
        await page.locator('html[data-ready]').waitFor({ state: 'attached' })
        times.push(await page.evaluate<number>(OPENED_MS))
        if (hash === '#timeline' && i === 0) {
          const frames = await page.evaluate<{ draw: number[]; frame: number[] }>(ZOOM_FRAMES_MS)
          const worst = (values: number[]): string => Math.max(...values).toFixed(1)
          const median = (values: number[]): string =>
            (values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0).toFixed(1)
          console.log(
            `  zoom: script ${median(frames.draw)} ms median, ${worst(frames.draw)} ms worst; to the next frame ${median(frames.frame)} ms median, ${worst(frames.frame)} ms worst, of ${frames.draw.length}`,
          )
          const counts = await page.evaluate<{ shown: number }>(READY_COUNTS)
          if (counts.shown !== findings.length) throw new Error(`the page shows ${counts.shown} failures`)
          console.log(`  the page counts ${counts.shown} failures: all`)
        }
        await page.close()
      }
      console.log(
        `  ${hash === '' ? '#summary' : hash} interactive after ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`,
      )
    }
  }
} finally {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}
