import { expect, test } from 'vitest'
import { fullestNode } from '../../../src/orchestrator/choreography/node-drain.ts'
import { scaleTarget } from '../../../src/orchestrator/choreography/scale-down.ts'
import { pod } from '../watchers/snapshots.ts'

test('the node with most of the pods is drained, of equals the first by name', () => {
  const on = (nodeName: string | null, at: number) => pod(`web-${at}`, { nodeName })
  expect(fullestNode([on('b', 1), on('a', 2), on('b', 3)])).toBe('b')
  expect(fullestNode([on('b', 1), on('a', 2)])).toBe('a')
  expect(fullestNode([on(null, 1)])).toBeNull()
})

test.each([
  [4, undefined, 2],
  [5, null, 2],
  [4, 3, 3],
  [4, 4, null],
  [4, 9, null],
  [1, undefined, null],
])('from %d replicas and a wish for %s the target is %s', (replicas, wanted, to) => {
  expect(scaleTarget(replicas, wanted)).toBe(to)
})
