// Rewrites what is generated: the page's source, the docs of the schema, the sample's reports and the golden renders. Look at the difference before you commit it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PAGE_SOURCE, pageSource } from '../support/report-page.ts'

writeFileSync(PAGE_SOURCE, await pageSource())

const { generatedDocs, judgeSample, pathInTree } = await import('../support/generated.ts')
for (const [path, text] of Object.entries(generatedDocs())) writeFileSync(pathInTree(path), text)
await judgeSample(pathInTree('reports/sample'))

const { goldenRenders } = await import('./renders.ts')
const folder = fileURLToPath(new URL('./report', import.meta.url))
rmSync(folder, { recursive: true, force: true })
for (const [file, text] of goldenRenders()) {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
