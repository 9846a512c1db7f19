import { expect, test } from 'vitest'
import { HarnessError } from '../../../src/kernel/errors.ts'
import type { ClusterReader } from '../../../src/kube/ports.ts'
import { JOURNAL_ANNOTATION } from '../../../src/model/journal.ts'
import type { RolloutPlan } from '../../../src/model/scenario.ts'
import { checkAutoscaler } from '../../../src/orchestrator/choreography/autoscaler.ts'
import { deployment } from '../watchers/snapshots.ts'
import { createSmallStore } from './journal/small-store.ts'

const PLAN: RolloutPlan = {
  choreography: 'scale-down',
  autoscaler: 'web',
  restarts: 1,
  baselineMs: 0,
  settleMs: 0,
  recoveryMs: 0,
  timeoutMs: 1000,
}
const SPEC = { minReplicas: 2, maxReplicas: 6, scaleTargetRef: { kind: 'Deployment', name: 'web' } }

const scaler = (spec: object = {}, more: object = {}, annotations: Record<string, string> = {}): object => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'shop', uid: 'h1', annotations },
  spec: { ...SPEC, ...spec },
  ...more,
})

const check = async (
  object: object | null,
  plan: Partial<RolloutPlan> = {},
  policy: string | null = null,
) => {
  const store = createSmallStore(object === null ? [] : [object])
  let writes = 0
  store.beforeWrite = () => {
    writes += 1
  }
  const tryPatch = async (): Promise<unknown> => {
    throw new HarnessError('KUBE_REJECTED', policy ?? '')
  }
  const objects = policy === null ? store.objects : { ...store.objects, tryPatch }
  const reader = { listAutoscalersOf: async () => ['web-hpa'] } as unknown as ClusterReader
  const web = deployment({ namespace: 'shop', name: 'web', replicas: 4 })
  const result: unknown = await checkAutoscaler({ ...PLAN, ...plan }, web, { objects, reader }).catch(
    (thrown: unknown) => thrown,
  )
  expect(writes).toBe(0)
  return result
}

test('an autoscaler that scales the Deployment, within its bounds, will do; also one that has said nothing yet', async () => {
  expect(await check(scaler())).toBeUndefined()
  const conditions = [{ type: 'AbleToScale', status: 'True' }]
  expect(await check(scaler({}, { status: { conditions } }))).toBeUndefined()
})

test('a plan without one asks for nothing', async () => {
  expect(await check(null, { choreography: 'restart' })).toBeUndefined()
  const { autoscaler: _, ...byHand } = PLAN
  const store = createSmallStore([])
  const reader = {} as unknown as ClusterReader
  await checkAutoscaler(byHand, deployment({}), { objects: store.objects, reader })
  expect(store.calls()).toBe(0)
})

const unable = { conditions: [{ type: 'AbleToScale', status: 'False', message: 'no scale there' }] }

test.each<[string, object | null, Partial<RolloutPlan>, string]>([
  ['is not there', null, {}, 'web, which is to scale web down, does not exist'],
  [
    'scales another one',
    scaler({ scaleTargetRef: { kind: 'Deployment', name: 'api' } }),
    {},
    'scales Deployment api',
  ],
  [
    'scales another kind',
    scaler({ scaleTargetRef: { kind: 'StatefulSet', name: 'web' } }),
    {},
    'scales StatefulSet web',
  ],
  ['bears a journal', scaler({}, {}, { [JOURNAL_ANNOTATION]: '{}' }), {}, 'bears the journal of a variant'],
  ['cannot scale', scaler({}, { status: unable }), {}, 'cannot scale: no scale there'],
  ['is about to scale up', scaler({ minReplicas: 5 }), {}, 'at least 5 and at most 6'],
  ['is about to scale down', scaler({ maxReplicas: 3 }), {}, 'at least 2 and at most 3'],
  ['is to scale up', scaler(), { scaleTo: 5 }, 'has 4 replicas, and is to be scaled down to 5'],
])('one that %s is refused, and nothing is written', async (_, object, plan, why) => {
  expect(await check(object, plan)).toMatchObject({
    code: 'DEPLOYMENT_REFUSED',
    message: expect.stringMatching(new RegExp(`${why}.*nothing was changed$`)),
  })
})

test('where there is none of that name, the one that scales the Deployment is named', async () => {
  expect(await check(null)).toMatchObject({ hint: expect.stringContaining('one that does: web-hpa') })
})

test('bounds that a policy would not accept are found out by a dry run', async () => {
  expect(await check(scaler(), {}, 'at least two replicas')).toMatchObject({
    code: 'KUBE_REJECTED',
    message: expect.stringMatching(
      /could not be given other bounds: at least two replicas; nothing was changed/,
    ),
  })
})
