import {
  AppsV1Api,
  AuthorizationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  DiscoveryV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  V1MicroTime,
  Watch,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kubeconfigFor, LAB_CONTEXT } from '../../../src/lab/server/kubeconfig.ts'
import { type LabApi, startLabApi } from '../../support/lab-api.ts'
import { webDeployment, webService } from '../../support/lab-objects.ts'

let lab: LabApi
const config = new KubeConfig()

beforeAll(async () => {
  lab = await startLabApi()
  config.loadFromString(kubeconfigFor(lab.url, 'shop'))
  await lab.call('POST', '/apis/apps/v1/namespaces/shop/deployments', webDeployment())
  await lab.call('POST', '/api/v1/namespaces/shop/services', webService())
  await lab.rolledOut('web')
})
afterAll(() => lab.stop())

test('the kubeconfig is one that client-node loads', () => {
  expect(config.getCurrentContext()).toBe(LAB_CONTEXT)
  expect(config.getCurrentCluster()?.server).toBe(lab.url)
})

test('typed lists carry dates, owners and endpoint conditions', async () => {
  const { items } = await config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: 'shop' })
  expect(items).toHaveLength(3)
  expect(items[0]?.metadata?.creationTimestamp).toBeInstanceOf(Date)
  expect(items[0]?.metadata?.ownerReferences?.[0]?.kind).toBe('ReplicaSet')
  const slices = await config.makeApiClient(DiscoveryV1Api).listNamespacedEndpointSlice({ namespace: 'shop' })
  expect(slices.items[0]?.endpoints?.[0]?.conditions).toEqual({
    ready: true,
    serving: true,
    terminating: false,
  })
})

test('the three kinds of patch restart a Deployment', async () => {
  const apps = config.makeApiClient(AppsV1Api)
  const template = (at: string) => ({
    metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': at } },
  })
  const pointer = '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt'
  const patches = [
    [PatchStrategy.StrategicMergePatch, { spec: { template: template('1') } }],
    [PatchStrategy.MergePatch, { spec: { template: template('2') } }],
    [PatchStrategy.JsonPatch, [{ op: 'replace', path: pointer, value: '3' }]],
  ] as const
  for (const [kind, body] of patches) {
    const before = await apps.readNamespacedDeployment({ namespace: 'shop', name: 'web' })
    const after = await apps.patchNamespacedDeployment(
      { namespace: 'shop', name: 'web', body },
      setHeaderOptions('Content-Type', kind),
    )
    expect(after.metadata?.generation).toBe((before.metadata?.generation ?? 0) + 1)
  }
  await lab.rolledOut('web')
})

test('its Watch sees pods come and go, and the end of a watch', async () => {
  await lab.until(() => lab.store.list('pods', 'shop').items.length === 3)
  const path = '/api/v1/namespaces/shop/pods'
  const phases: string[] = []
  const count = (wanted: string): number => phases.filter((phase) => phase === wanted).length
  const query = { resourceVersion: String(lab.store.resourceVersion) }
  let look = (): void => {}
  const seen = new Promise<void>((resolve) => {
    look = () => {
      if (count('DELETED') === 3 && count('ADDED') === 3) resolve()
    }
  })
  const onEvent = (phase: string): void => {
    phases.push(phase)
    look()
  }
  const open = await new Watch(config).watch(path, query, onEvent, () => {})
  await config
    .makeApiClient(CoreV1Api)
    .deleteCollectionNamespacedPod({ namespace: 'shop', labelSelector: 'app=web' })
  await seen
  open.abort()
  const ended = new Promise<unknown>((resolve, reject) => {
    const short = { resourceVersion: String(lab.store.resourceVersion), timeoutSeconds: 1 }
    new Watch(config).watch(path, short, () => {}, resolve).catch(reject)
  })
  expect(await ended).toBeFalsy()
})

test('errors are exceptions with the code and the Status', async () => {
  await expect(
    config.makeApiClient(AppsV1Api).readNamespacedDeployment({ namespace: 'shop', name: 'nope' }),
  ).rejects.toMatchObject({
    code: 404,
    body: expect.stringContaining('deployments.apps \\"nope\\" not found'),
  })
})

test('access reviews and leases work as a run needs them', async () => {
  const review = await config.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
    body: { spec: { resourceAttributes: { verb: 'watch', resource: 'pods', namespace: 'shop' } } },
  })
  expect(review.status?.allowed).toBe(true)
  const leases = config.makeApiClient(CoordinationV1Api)
  const lease = await leases.createNamespacedLease({
    namespace: 'shop',
    body: { metadata: { name: 'run' }, spec: { holderIdentity: 'a', renewTime: new V1MicroTime() } },
  })
  const next = { ...lease, spec: { ...lease.spec, holderIdentity: 'b' } }
  const updated = await leases.replaceNamespacedLease({ namespace: 'shop', name: 'run', body: next })
  expect(updated.spec?.holderIdentity).toBe('b')
  await expect(
    leases.replaceNamespacedLease({ namespace: 'shop', name: 'run', body: next }),
  ).rejects.toMatchObject({ code: 409 })
})
