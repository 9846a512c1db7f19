import { expect, test } from 'vitest'
import { type ControlPlaneOptions, startControlPlane } from '../../../../src/lab/sim/control-plane.ts'
import { deleteObject } from '../../../../src/lab/sim/deletion.ts'
import { createStore } from '../../../../src/lab/sim/memory-store.ts'
import { isPodActive, isPodReady } from '../../../../src/lab/sim/pod-state.ts'
import { asDeployment, asPod, asReplicaSet, type DeploymentSpec } from '../../../../src/lab/sim/types.ts'
import { type FakeKubeletOptions, startFakeKubelet } from '../../../support/fake-kubelet.ts'
import { webDeployment, webService } from '../../../support/lab-objects.ts'
import { createStepClock } from '../../../support/step-clock.ts'

const DEPLOYMENTS = 'deployments.apps'
const REPLICA_SETS = 'replicasets.apps'

const startCluster = (
  spec: Partial<DeploymentSpec> = {},
  kubelet: FakeKubeletOptions = {},
  options: ControlPlaneOptions = {},
) => {
  const clock = createStepClock()
  const store = createStore(clock)
  const nodes = ['node1', 'node2'].map((name, index) => ({ name, address: `127.0.1.${index + 1}` }))
  startControlPlane({ store, clock, nodes, options: { namespaces: ['shop'], ...options } })
  startFakeKubelet(store, clock, kubelet)
  const counts: { total: number; ready: number }[] = []
  store.subscribe(({ resource }) => {
    if (resource !== 'pods') return
    const pods = store.list('pods', 'shop').items.map(asPod).filter(isPodActive)
    const wanted = store.list(REPLICA_SETS, 'shop').items.map((set) => asReplicaSet(set).spec.replicas ?? 0)
    counts.push({
      total: wanted.reduce((sum, replicas) => sum + replicas, 0),
      ready: pods.filter(isPodReady).length,
    })
  })
  store.create('services', webService())
  store.create(DEPLOYMENTS, webDeployment(spec))
  const deployment = () => asDeployment(store.get(DEPLOYMENTS, 'shop', 'web') ?? webDeployment())
  const change = (next: Partial<DeploymentSpec>) =>
    store.mutate(DEPLOYMENTS, 'shop', 'web', (draft) => {
      draft.spec = { ...asDeployment(draft).spec, ...next }
    })
  const image = (tag: string, extra: Partial<DeploymentSpec> = {}) => {
    const { template } = deployment().spec
    const containers = template.spec.containers.map((container) => ({ ...container, image: tag }))
    change({ template: { ...template, spec: { ...template.spec, containers } }, ...extra })
  }
  const pods = () => store.list('pods', 'shop').items.map(asPod)
  const sets = () => store.list(REPLICA_SETS, 'shop').items.map(asReplicaSet)
  const reasons = (reason: string) =>
    store
      .list('events', 'shop')
      .items.filter((event) => event.reason === reason)
      .map((event) => event.message)
  const condition = (type: string) => deployment().status?.conditions?.find((found) => found.type === type)
  return { clock, store, deployment, change, image, pods, sets, reasons, condition, counts }
}

test('a new Deployment gets a ReplicaSet, pods on both nodes, and becomes available', () => {
  const { clock, deployment, pods, sets, condition, store } = startCluster({ replicas: 4 })
  clock.advance(1000)
  expect(deployment().status).toMatchObject({
    observedGeneration: 1,
    replicas: 4,
    updatedReplicas: 4,
    readyReplicas: 4,
    availableReplicas: 4,
  })
  expect(deployment().metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' })
  expect(
    pods()
      .map((pod) => pod.spec.nodeName)
      .sort(),
  ).toEqual(['node1', 'node1', 'node2', 'node2'])
  expect(sets()[0]?.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2-9]+$/)
  expect(deployment().status?.conditions?.map(({ type }) => type)).toEqual(['Available', 'Progressing'])
  expect(condition('Progressing')?.reason).toBe('NewReplicaSetAvailable')
  const [slice] = store.list('endpointslices.discovery.k8s.io', 'shop').items
  expect(slice?.endpoints).toHaveLength(4)
  expect(slice?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }])
})

test('a rolling update keeps within surge and unavailable at every moment', () => {
  for (const [maxSurge, maxUnavailable] of [
    [1, 0],
    [0, 1],
    ['25%', '25%'],
    [2, 1],
  ] as const) {
    const { clock, image, deployment, counts } = startCluster({
      replicas: 4,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
    })
    clock.advance(1000)
    counts.length = 0
    image('shop/web:2')
    clock.advance(5000)
    expect(deployment().status).toMatchObject({ updatedReplicas: 4, availableReplicas: 4, replicas: 4 })
    const surge = maxSurge === '25%' ? 1 : maxSurge
    const unavailable = maxUnavailable === '25%' ? 1 : maxUnavailable
    expect(Math.max(...counts.map(({ total }) => total))).toBe(4 + surge)
    expect(Math.min(...counts.map(({ ready }) => ready))).toBeGreaterThanOrEqual(4 - unavailable)
  }
})

test('the steps of a default rolling update of three pods are those of a real cluster', () => {
  const { clock, image, reasons, sets } = startCluster()
  clock.advance(1000)
  const before = reasons('ScalingReplicaSet').length
  const old = sets()[0]?.metadata.name
  image('shop/web:2')
  clock.advance(5000)
  const fresh = sets().find(({ metadata }) => metadata.name !== old)?.metadata.name
  expect(new Set(reasons('ScalingReplicaSet').slice(before))).toEqual(
    new Set([
      `Scaled up replica set ${fresh} from 0 to 1`,
      `Scaled down replica set ${old} from 3 to 2`,
      `Scaled up replica set ${fresh} from 1 to 2`,
      `Scaled down replica set ${old} from 2 to 1`,
      `Scaled up replica set ${fresh} from 2 to 3`,
      `Scaled down replica set ${old} from 1 to 0`,
    ]),
  )
})

test('Recreate starts new pods only after the last old one is gone', () => {
  const { clock, image, deployment, counts, store } = startCluster({ strategy: { type: 'Recreate' } })
  clock.advance(1000)
  const uids = new Set(store.list('pods', 'shop').items.map(({ metadata }) => metadata.uid))
  const mixed: boolean[] = []
  store.subscribe(({ resource }) => {
    if (resource !== 'pods') return
    const old = store.list('pods', 'shop').items.filter(({ metadata }) => uids.has(metadata.uid)).length
    mixed.push(old > 0 && store.list('pods', 'shop').items.length > old)
  })
  image('shop/web:2')
  clock.advance(5000)
  expect(mixed.some(Boolean)).toBe(false)
  expect(Math.min(...counts.slice(5).map(({ total }) => total))).toBe(0)
  expect(deployment().status).toMatchObject({ updatedReplicas: 3, availableReplicas: 3 })
})

test('minReadySeconds holds a pod back from being available', () => {
  const { clock, deployment } = startCluster({ minReadySeconds: 10 })
  clock.advance(5000)
  expect(deployment().status).toMatchObject({ readyReplicas: 3, unavailableReplicas: 3 })
  clock.advance(10_000)
  expect(deployment().status).toMatchObject({ readyReplicas: 3, availableReplicas: 3 })
})

test('a rollout whose pods never get ready runs into its deadline and stays stuck', () => {
  const { clock, image, condition, deployment } = startCluster(
    { progressDeadlineSeconds: 30 },
    { becomesReady: (pod) => pod.spec.containers[0]?.image === 'shop/web:1' },
  )
  clock.advance(1000)
  image('shop/web:bad')
  clock.advance(20_000)
  expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' })
  clock.advance(20_000)
  expect(condition('Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' })
  expect(condition('Available')?.status).toBe('True')
  expect(deployment().status).toMatchObject({ replicas: 4, updatedReplicas: 1, availableReplicas: 3 })
  image('shop/web:1')
  clock.advance(5000)
  expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' })
})

test('a paused Deployment is scaled but not rolled, until it is resumed', () => {
  const { clock, image, change, sets, condition, deployment } = startCluster()
  clock.advance(1000)
  image('shop/web:2', { paused: true })
  clock.advance(1000)
  expect(sets()).toHaveLength(1)
  expect(condition('Progressing')?.reason).toBe('DeploymentPaused')
  change({ replicas: 5 })
  clock.advance(1000)
  expect(deployment().status).toMatchObject({ replicas: 5, availableReplicas: 5 })
  change({ paused: false })
  clock.advance(5000)
  expect(deployment().status).toMatchObject({ updatedReplicas: 5, availableReplicas: 5 })
})

test('going back to an old template reuses its ReplicaSet under a new revision', () => {
  const { clock, image, sets, deployment } = startCluster()
  clock.advance(1000)
  image('shop/web:2')
  clock.advance(5000)
  image('shop/web:1')
  clock.advance(5000)
  expect(sets()).toHaveLength(2)
  const active = sets().find(({ spec }) => spec.replicas === 3)
  expect(active?.metadata.annotations).toMatchObject({
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  })
  expect(deployment().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3')
})

test('only revisionHistoryLimit old ReplicaSets are kept', () => {
  const { clock, image, sets } = startCluster({ revisionHistoryLimit: 2 })
  for (const tag of [2, 3, 4, 5, 6]) {
    clock.advance(5000)
    image(`shop/web:${tag}`)
  }
  clock.advance(5000)
  const revisions = sets().map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'])
  expect(revisions.sort()).toEqual(['4', '5', '6'])
})

test('scaling in the middle of a stuck rollout spreads the pods over both ReplicaSets', () => {
  const { clock, image, change, sets } = startCluster(
    { replicas: 10, strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } },
    { becomesReady: (pod) => pod.spec.containers[0]?.image === 'shop/web:1' },
  )
  clock.advance(1000)
  image('shop/web:bad')
  clock.advance(3000)
  expect(
    sets()
      .map(({ spec }) => spec.replicas)
      .sort(),
  ).toEqual([5, 8])
  change({ replicas: 15 })
  clock.advance(3000)
  expect(
    sets()
      .map(({ spec }) => spec.replicas)
      .sort(),
  ).toEqual([11, 7])
})

test('a deleted pod is terminating for its grace, leaves the ready endpoints and is replaced', () => {
  const { clock, pods, store, deployment } = startCluster({}, { stopMs: 2000 })
  clock.advance(1000)
  const [victim] = pods()
  if (victim === undefined) throw new Error('no pod')
  deleteObject(store, clock, 'pods', victim)
  clock.advance(200)
  const dying = store.get('pods', 'shop', victim.metadata.name)
  expect(dying?.metadata).toMatchObject({
    deletionTimestamp: '2026-01-01T00:00:31Z',
    deletionGracePeriodSeconds: 30,
  })
  const endpoints = () => store.list('endpointslices.discovery.k8s.io', 'shop').items[0]?.endpoints
  expect(endpoints()).toContainEqual(
    expect.objectContaining({
      conditions: { ready: false, serving: true, terminating: true },
      targetRef: expect.objectContaining({ uid: victim.metadata.uid }),
    }),
  )
  expect(endpoints()).toHaveLength(4)
  expect(deployment().status).toMatchObject({ replicas: 3, availableReplicas: 3 })
  clock.advance(3000)
  expect(endpoints()).toHaveLength(3)
  expect(pods()).toHaveLength(3)
})

test('deleting the Deployment takes its ReplicaSets and pods with it', () => {
  const { clock, store, deployment, pods, sets } = startCluster()
  clock.advance(1000)
  deleteObject(store, clock, DEPLOYMENTS, deployment(), { propagation: 'Foreground' })
  expect(store.get(DEPLOYMENTS, 'shop', 'web')?.metadata.finalizers).toEqual(['foregroundDeletion'])
  clock.advance(3000)
  expect([...pods(), ...sets()]).toEqual([])
  expect(store.get(DEPLOYMENTS, 'shop', 'web')).toBeNull()
})

test('deleting it as an orphan leaves the ReplicaSet and its pods running', () => {
  const { clock, store, deployment, pods, sets } = startCluster()
  clock.advance(1000)
  deleteObject(store, clock, DEPLOYMENTS, deployment(), { propagation: 'Orphan' })
  clock.advance(3000)
  expect(store.get(DEPLOYMENTS, 'shop', 'web')).toBeNull()
  expect(pods()).toHaveLength(3)
  expect(sets()[0]?.metadata.ownerReferences).toEqual([])
  store.create(DEPLOYMENTS, webDeployment())
  clock.advance(1000)
  expect(sets()).toHaveLength(1)
  expect(deployment().status).toMatchObject({ availableReplicas: 3 })
})

test('pods that are refused make the condition ReplicaFailure, which goes when they are let in', () => {
  let refusal: string | null = 'exceeded quota'
  const { clock, condition, deployment } = startCluster({}, {}, { refusePod: () => refusal })
  clock.advance(1000)
  expect(condition('ReplicaFailure')).toMatchObject({ status: 'True', reason: 'FailedCreate' })
  refusal = null
  clock.advance(3000)
  expect(condition('ReplicaFailure')).toBeUndefined()
  expect(deployment().status?.availableReplicas).toBe(3)
})
