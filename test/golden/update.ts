// Rewrites what is generated: the page's source, docs/scenario.md and the golden renders. Look at the difference before you commit it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PAGE_SOURCE, pageSource } from '../support/report-page.ts'

writeFileSync(PAGE_SOURCE, await pageSource())

const { scenarioReference } = await import('../../src/scenario/reference.ts')
writeFileSync(fileURLToPath(new URL('../../docs/scenario.md', import.meta.url)), scenarioReference())

const { goldenRenders } = await import('./renders.ts')
const folder = fileURLToPath(new URL('./report', import.meta.url))
rmSync(folder, { recursive: true, force: true })
for (const [file, text] of goldenRenders()) {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
