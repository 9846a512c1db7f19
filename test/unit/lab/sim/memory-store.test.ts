import { expect, test } from 'vitest'
import { createStore } from '../../../../src/lab/sim/memory-store.ts'
import type { KubeObject, StoreEvent } from '../../../../src/lab/sim/store.ts'
import { createStepClock } from '../../../support/step-clock.ts'

const configMap = (name: string, spec: unknown = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name, namespace: 'default' },
  spec,
})

const setUp = (historyLength = 100) => {
  const store = createStore(createStepClock(), { historyLength })
  const events: StoreEvent[] = []
  store.subscribe((event) => events.push(event))
  return { store, events }
}

test('a new object gets a uid, a version, generation 1 and a stamp of whole seconds', () => {
  const { store, events } = setUp()
  const created = store.create('things', configMap('a'))
  expect(created.metadata).toMatchObject({ generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' })
  expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
  expect(Number(created.metadata.resourceVersion)).toBe(store.resourceVersion)
  expect(events.map((event) => [event.type, event.previous])).toEqual([['ADDED', null]])
})

test('a second object of the same name is refused', () => {
  const { store } = setUp()
  store.create('things', configMap('a'))
  expect(() => store.create('things', configMap('a'))).toThrow(
    expect.objectContaining({ code: 'AlreadyExists' }),
  )
})

test('an update with an old version is a conflict, one of nothing makes no event', () => {
  const { store, events } = setUp()
  const first = store.create('things', configMap('a', { size: 1 }))
  store.update('things', { ...first, spec: { size: 2 } })
  expect(() => store.update('things', { ...first, spec: { size: 3 } })).toThrow(
    expect.objectContaining({ code: 'Conflict' }),
  )
  store.update('things', configMap('a', { size: 2 }))
  expect(events.map((event) => event.type)).toEqual(['ADDED', 'MODIFIED'])
})

test('the generation follows the spec and not the status', () => {
  const { store } = setUp()
  store.create('things', configMap('a', { size: 1 }))
  store.mutate('things', 'default', 'a', (draft) => {
    draft.status = { seen: true }
  })
  expect(store.get('things', 'default', 'a')?.metadata.generation).toBe(1)
  store.mutate('things', 'default', 'a', (draft) => {
    draft.spec = { size: 2 }
  })
  expect(store.get('things', 'default', 'a')?.metadata.generation).toBe(2)
})

test('objects handed out cannot be changed', () => {
  const { store } = setUp()
  const object = store.create('things', configMap('a', { list: [1] }))
  expect(() => {
    object.metadata.name = 'b'
  }).toThrow(TypeError)
})

test('a change made by a listener is seen by all listeners after the change that led to it', () => {
  const { store } = setUp()
  const seen: number[] = []
  store.subscribe((event) => {
    if (event.type === 'ADDED') store.remove('things', 'default', event.object.metadata.name)
  })
  store.subscribe((event) => seen.push(event.resourceVersion))
  store.create('things', configMap('a'))
  store.create('things', configMap('b'))
  expect(seen).toEqual([...seen].sort((a, b) => a - b))
  expect(seen).toHaveLength(4)
})

test('history older than its length is gone', () => {
  const { store } = setUp(8)
  const start = store.resourceVersion
  for (let i = 0; i < 40; i++) store.create('things', configMap(`t${i}`))
  expect(store.since(start)).toBeNull()
  const recent = store.resourceVersion - 3
  expect(store.since(recent)?.map((event) => event.resourceVersion)).toEqual([
    recent + 1,
    recent + 2,
    recent + 3,
  ])
})
