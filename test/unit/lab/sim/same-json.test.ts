import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sameJson } from '../../../../src/lab/sim/same-json.ts'

test('JSON values are compared as node does it', () => {
  const value = fc.jsonValue({ maxDepth: 3 }).map((json) => JSON.parse(JSON.stringify(json)))
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(sameJson(a, b)).toBe(isDeepStrictEqual(a, b))
      expect(sameJson(a, JSON.parse(JSON.stringify(a)))).toBe(true)
    }),
  )
})

test('a missing key and an undefined one are the same, a list and an object are not', () => {
  expect(sameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true)
  expect(sameJson({ a: 1 }, { b: undefined, a: 1 })).toBe(true)
  expect(sameJson([], {})).toBe(false)
  expect(sameJson(null, {})).toBe(false)
})
