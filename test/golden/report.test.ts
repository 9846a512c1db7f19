import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PAGE_SOURCE, pageSource } from '../support/report-page.ts'
import { goldenRenders } from './renders.ts'

const HINT = 'changed on purpose? run `node test/golden/update.ts` and look at the difference'

test.each([...goldenRenders()])('%s is rendered as it was', (file, text) => {
  const golden = readFileSync(new URL(`./report/${file}`, import.meta.url), 'utf8')
  expect(text, HINT).toBe(golden)
})

test('the script and the style of the page are those of its source', async () => {
  expect(readFileSync(PAGE_SOURCE, 'utf8'), HINT).toBe(await pageSource())
})
