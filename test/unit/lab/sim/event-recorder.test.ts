import { expect, test } from 'vitest'
import { createEventRecorder } from '../../../../src/lab/sim/event-recorder.ts'
import { createStore } from '../../../../src/lab/sim/memory-store.ts'
import { createStepClock } from '../../../support/step-clock.ts'

test('two recorders that tell of one pod in the same moment give their events names of their own', () => {
  const clock = createStepClock()
  const store = createStore(clock)
  const about = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1', namespace: 'shop', uid: 'u1' } }
  for (const component of ['default-scheduler', 'kubelet'])
    createEventRecorder(store, clock).record({ about, reason: 'Told', message: 'once', component })
  const { items } = store.list('events', 'shop')
  expect(items).toHaveLength(2)
  expect(new Set(items.map(({ metadata }) => metadata.name)).size).toBe(2)
})
