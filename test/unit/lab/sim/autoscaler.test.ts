import { expect, test } from 'vitest'
import { rescaleOf } from '../../../../src/lab/sim/autoscaler-controller.ts'
import { startControlPlane } from '../../../../src/lab/sim/control-plane.ts'
import { createStore } from '../../../../src/lab/sim/memory-store.ts'
import { asAutoscaler, asDeployment } from '../../../../src/lab/sim/types.ts'
import { webDeployment } from '../../../support/lab-objects.ts'
import { createManualClock } from '../../../support/manual-clock.ts'

const scaleTargetRef = { kind: 'Deployment', name: 'web' }

test.each([
  [4, 2, 3, 3],
  [1, 2, 3, 2],
  [2, 2, 3, null],
  [3, 2, 3, null],
  [0, 2, 3, null],
])('%d replicas between %d and %d: %s', (replicas, minReplicas, maxReplicas, wanted) => {
  expect(rescaleOf({ scaleTargetRef, minReplicas, maxReplicas }, replicas)?.replicas ?? null).toBe(wanted)
})

test('an autoscaler is looked at once in its period, also when it is changed in between', async () => {
  const clock = createManualClock()
  const store = createStore(clock)
  const nodes = [{ name: 'node1', address: '127.0.0.1' }]
  const options = { namespaces: ['shop'], autoscalerPeriodMs: 15_000 }
  const plane = startControlPlane({ store, clock, nodes, options })
  const replicas = () => {
    const found = store.get('deployments.apps', 'shop', 'web')
    return found === null ? null : asDeployment(found).spec.replicas
  }
  store.create('deployments.apps', webDeployment({ replicas: 4 }))
  const bounds = (minReplicas: number, maxReplicas: number) => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { scaleTargetRef, minReplicas, maxReplicas },
  })
  store.create('horizontalpodautoscalers.autoscaling', bounds(1, 8))
  await clock.advance(10_000)
  store.update('horizontalpodautoscalers.autoscaling', bounds(2, 2))
  await clock.advance(4_900)
  expect(replicas()).toBe(4)
  await clock.advance(200)
  expect(replicas()).toBe(2)
  store.update('horizontalpodautoscalers.autoscaling', bounds(5, 8))
  await clock.advance(14_000)
  expect(replicas()).toBe(2)
  await clock.advance(2_000)
  expect(replicas()).toBe(5)
  const found = store.get('horizontalpodautoscalers.autoscaling', 'shop', 'web')
  expect(found === null ? null : asAutoscaler(found).status).toMatchObject({
    currentReplicas: 2,
    desiredReplicas: 5,
    conditions: [{ type: 'AbleToScale', status: 'True', reason: 'SucceededRescale' }],
  })
  plane.stop()
})
