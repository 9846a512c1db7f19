import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseLabelSelector } from '../../../../src/lab/server/selectors.ts'
import { formatSelector, matchesSelector } from '../../../../src/lab/sim/selector.ts'

const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'env'), fc.constantFrom('a', 'b', 'c'))
const expression = fc.record({
  key: fc.constantFrom('app', 'tier', 'env', 'x.io/role'),
  operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
  values: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
})
const selector = fc.record({ matchLabels: labels, matchExpressions: fc.array(expression, { maxLength: 3 }) })

test('no selector matches nothing, an empty one everything', () => {
  expect(matchesSelector(undefined, { app: 'a' })).toBe(false)
  expect(matchesSelector({}, undefined)).toBe(true)
})

test('NotIn and DoesNotExist hold for a key that is not there', () => {
  const wants = (operator: string) =>
    matchesSelector({ matchExpressions: [{ key: 'tier', operator, values: ['a'] }] }, { app: 'a' })
  expect(['In', 'NotIn', 'Exists', 'DoesNotExist'].map(wants)).toEqual([false, true, false, true])
})

test('a selector printed and read back selects the same objects', () => {
  fc.assert(
    fc.property(selector, labels, (wanted, given) => {
      const text = formatSelector(wanted)
      const selects = parseLabelSelector(text === '<none>' ? '' : text)
      const object = { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'a', labels: given } }
      expect(selects(object)).toBe(matchesSelector(wanted, given))
    }),
  )
})

test('text that is no selector is refused', () => {
  for (const text of ['!!', 'a=b,,c', 'in (a)', 'a in b', 'a==b==c'])
    expect(() => parseLabelSelector(text), text).toThrow(expect.objectContaining({ code: 400 }))
})
