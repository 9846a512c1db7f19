import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startControlPlane } from '../../../../src/lab/sim/control-plane.ts'
import { createStore } from '../../../../src/lab/sim/memory-store.ts'
import { isPodActive, isPodReady } from '../../../../src/lab/sim/pod-state.ts'
import { fencepostsOf } from '../../../../src/lab/sim/rounding.ts'
import { asDeployment, asPod, asReplicaSet } from '../../../../src/lab/sim/types.ts'
import { startFakeKubelet } from '../../../support/fake-kubelet.ts'
import { webDeployment } from '../../../support/lab-objects.ts'
import { createStepClock } from '../../../support/step-clock.ts'

const limit = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom('0%', '10%', '25%', '50%', '100%'))

test('whatever the strategy and the speed of pods, a rollout ends complete and never leaves its limits', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      limit,
      limit,
      fc.integer({ min: 0, max: 3 }),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 3, maxLength: 3 }),
      (replicas, maxSurge, maxUnavailable, minReadySeconds, [startMs, readyMs, stopMs]) => {
        const clock = createStepClock()
        const store = createStore(clock)
        const nodes = [{ name: 'node1', address: '127.0.1.1' }]
        startControlPlane({ store, clock, nodes, options: { namespaces: ['shop'] } })
        const speeds = { startMs: startMs ?? 1, readyMs: readyMs ?? 1, stopMs: stopMs ?? 1 }
        startFakeKubelet(store, clock, speeds)
        const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } }
        const web = webDeployment({ replicas, minReadySeconds, strategy })
        store.create('deployments.apps', web)
        clock.advance(60_000)
        const limits = fencepostsOf(web.spec)
        const unsubscribe = store.subscribe(() => {
          const sets = store.list('replicasets.apps', 'shop').items.map(asReplicaSet)
          const wanted = sets.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0)
          const pods = store.list('pods', 'shop').items.map(asPod).filter(isPodActive)
          expect(wanted).toBeLessThanOrEqual(replicas + limits.maxSurge)
          expect(pods.filter(isPodReady).length).toBeGreaterThanOrEqual(replicas - limits.maxUnavailable)
        })
        store.mutate('deployments.apps', 'shop', 'web', (draft) => {
          const { spec } = asDeployment(draft)
          const template = {
            ...spec.template,
            metadata: { labels: { app: 'web' }, annotations: { at: '1' } },
          }
          draft.spec = { ...spec, template }
        })
        clock.advance(120_000)
        unsubscribe()
        const { status, metadata } = asDeployment(store.get('deployments.apps', 'shop', 'web') ?? web)
        expect(status).toMatchObject({
          observedGeneration: metadata.generation,
          replicas,
          updatedReplicas: replicas,
          availableReplicas: replicas,
        })
        expect(store.list('pods', 'shop').items).toHaveLength(replicas)
      },
    ),
    { numRuns: 40 },
  )
})
