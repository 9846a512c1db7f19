import { expect, test } from 'vitest'
import { differencesOf, exactDifferences } from '../../../src/watchers/audit.ts'

const item = (uid: string, resourceVersion: string) => ({ uid, name: uid, resourceVersion })
const held = (...items: ReturnType<typeof item>[]) => new Map(items.map((one) => [one.uid, one]))
const none = new Map<string, string>()

test('the watch may be ahead of the LIST, never behind', () => {
  const list = { items: [item('a', '5'), item('b', '9')], resourceVersion: '10' }
  expect(differencesOf(list, held(item('a', '5'), item('b', '9')), none)).toEqual([])
  expect(differencesOf(list, held(item('a', '11'), item('b', '9')), none)).toEqual([])
  expect(differencesOf(list, held(item('b', '9')), new Map([['a', '12']]))).toEqual([])
  expect(differencesOf(list, held(item('a', '5'), item('b', '9'), item('c', '12')), none)).toEqual([])

  expect(differencesOf(list, held(item('a', '4'), item('b', '9')), none)).toEqual([
    'a was shown at version 4, it is at 5',
  ])
  expect(differencesOf(list, held(item('b', '9')), none)).toEqual(['a was not shown'])
  expect(differencesOf(list, held(item('a', '5'), item('b', '9'), item('c', '7')), none)).toEqual([
    'c is gone',
  ])
})

test('at one version nothing may differ at all', () => {
  expect(exactDifferences([item('a', '5')], held(item('a', '5')))).toEqual([])
  expect(exactDifferences([item('a', '5')], held(item('a', '6'), item('b', '1')))).toEqual([
    'a is at version 5, the watch had 6',
    'b is not there',
  ])
})
