import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALL_RULES } from '../../../src/correlator/rules/all.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/causes.md'), 'utf8')

test('docs/causes.md has every implemented cause with its title and fix, and no other', () => {
  for (const { id, title, fix } of ALL_RULES) {
    expect(page).toContain(`### ${id}: ${title}\n`)
    expect(page).toContain(`- **Fix:** ${fix}\n`)
  }
  const named = [...page.matchAll(/^### ([A-F]\d+): /gm)].map(([, id]) => id)
  expect(new Set(named)).toEqual(new Set([...ALL_RULES.map(({ id }) => id), 'B4', 'B9']))
})
