import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { scenarioReference } from '../../src/scenario/reference.ts'

test('docs/scenario.md says what the schema says (npm run golden rewrites it)', () => {
  expect(readFileSync(new URL('../../docs/scenario.md', import.meta.url), 'utf8')).toBe(scenarioReference())
})
