import type { RunReport } from '../../src/model/finding.ts'
import { renderAnnotations } from '../../src/report/annotations.ts'
import { renderFailuresCsv } from '../../src/report/csv.ts'
import { PAGE_SCRIPT, PAGE_STYLE } from '../../src/report/html/page-source.ts'
import { renderHtml } from '../../src/report/html.ts'
import { renderJson } from '../../src/report/json.ts'
import { renderJunit } from '../../src/report/junit.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { renderTerminal } from '../../src/report/terminal.ts'
import { badRun, cleanRun, hostileRun, inconclusiveRun, loadRun } from '../support/report-fixtures.ts'
import { HOSTILE_SAMPLE } from '../support/report-payloads.ts'

const RUNS: Readonly<Record<string, () => RunReport>> = {
  clean: cleanRun,
  bad: badRun,
  inconclusive: inconclusiveRun,
  load: loadRun,
  hostile: () => hostileRun(HOSTILE_SAMPLE),
}

/** The page without its script, style and their hashes: those have a test of their own, and would hide what changed. */
const withoutPage = (html: string): string =>
  html
    .replace(PAGE_SCRIPT, '(script)')
    .replace(PAGE_STYLE, '(style)')
    .replace(/sha256-[\w+/=]+/g, 'sha256-(hash)')

/** Every golden file: its path below test/golden/report/, and what it must hold. */
export const goldenRenders = (): ReadonlyMap<string, string> => {
  const files = new Map<string, string>()
  for (const [name, run] of Object.entries(RUNS)) {
    const report = run()
    const add = (file: string, text: string): unknown => files.set(`${name}/${file}.golden`, text)
    for (const width of [60, 80, 200])
      add(`terminal-${width}.txt`, renderTerminal(report, { width, color: false }))
    add('terminal-color.txt', renderTerminal(report, { width: 100, color: true }))
    add('report.json', renderJson(report))
    add('report.md', renderMarkdown(report, { budget: 65_536 }))
    add('short.md', renderMarkdown(report, { budget: 2_500 }))
    add('junit.xml', renderJunit(report))
    add('annotations.txt', `${renderAnnotations(report).join('\n')}\n`)
    add('failures.csv', renderFailuresCsv(report))
    add('report.html', withoutPage(renderHtml(report)))
  }
  return files
}
