import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { generatedDocs, judgeSample, readInTree } from '../support/generated.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollproof-sample-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(Object.entries(generatedDocs()))(
  '%s says what the schema says (npm run golden rewrites it)',
  (path, text) => {
    expect(readInTree(path)).toBe(text)
  },
)

test('the sample bundle is judged as it was when its reports were committed (npm run golden rewrites them)', async () => {
  const written = await judgeSample(folder)
  expect(written.map((path) => basename(path)).sort()).toEqual([
    'findings.jsonl',
    'junit.xml',
    'report.html',
    'report.json',
    'report.md',
  ])
  for (const path of written) {
    const isSame = readFileSync(path, 'utf8') === readInTree(`reports/sample/${basename(path)}`)
    expect(isSame, `${basename(path)} differs`).toBe(true)
  }
})
