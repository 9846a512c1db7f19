import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabApi, startLabApi } from '../../support/lab-api.ts'
import { webDeployment, webService } from '../../support/lab-objects.ts'

let lab: LabApi
const PODS = '/api/v1/namespaces/shop/pods'

beforeAll(async () => {
  lab = await startLabApi()
  await lab.call('POST', '/apis/apps/v1/namespaces/shop/deployments', webDeployment())
  await lab.call('POST', '/api/v1/namespaces/shop/services', webService())
  await lab.rolledOut('web')
})
afterAll(() => lab.stop())

test('discovery names every resource, plain and aggregated', async () => {
  const { body: groups } = await lab.call('GET', '/apis')
  expect(groups.groups.map(({ name }) => name)).toContain('apps')
  const { body: apps } = await lab.call('GET', '/apis/apps/v1')
  expect(apps.resources.map(({ name }) => name)).toEqual([
    'deployments',
    'deployments/status',
    'deployments/scale',
    'replicasets',
    'replicasets/status',
    'replicasets/scale',
  ])
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const { body: all } = await lab.call('GET', '/apis', undefined, { accept })
  expect(all.kind).toBe('APIGroupDiscoveryList')
})

test('a list has the kind of its items, and a version to watch from', async () => {
  const { body } = await lab.call('GET', PODS)
  expect(body).toMatchObject({ kind: 'PodList', apiVersion: 'v1' })
  expect(body.items).toHaveLength(3)
  expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0)
})

test('label and field selectors choose the items', async () => {
  const names = async (query: string): Promise<number> =>
    (await lab.call('GET', `${PODS}?${query}`)).body.items.length
  expect(await names('labelSelector=app%3Dweb')).toBe(3)
  expect(await names(`labelSelector=${encodeURIComponent('app in (web,api),!canary')}`)).toBe(3)
  expect(await names(`labelSelector=${encodeURIComponent('app notin (web)')}`)).toBe(0)
  expect(await names('fieldSelector=spec.nodeName%3Dnode1')).toBeLessThan(3)
  expect(await names('fieldSelector=status.phase%3DRunning,metadata.namespace%3Dshop')).toBe(3)
  expect(await lab.call('GET', `${PODS}?fieldSelector=spec.foo%3Dbar`)).toMatchObject({
    code: 400,
    body: { reason: 'BadRequest', message: 'field label not supported: spec.foo' },
  })
  expect((await lab.call('GET', `${PODS}?labelSelector=!!`)).code).toBe(400)
})

test('pages of a list show one version, whatever happens in between', async () => {
  const first = await lab.call('GET', `${PODS}?limit=2`)
  expect(first.body.items).toHaveLength(2)
  expect(first.body.metadata.remainingItemCount).toBe(1)
  await lab.call('POST', '/api/v1/namespaces/shop/configmaps', {
    metadata: { name: 'between' },
    data: { a: 'b' },
  })
  const token = encodeURIComponent(first.body.metadata.continue ?? '')
  const second = await lab.call('GET', `${PODS}?limit=2&continue=${token}`)
  expect(second.body.items).toHaveLength(1)
  expect(second.body.metadata.continue).toBeUndefined()
  expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion)
  expect((await lab.call('GET', `${PODS}?continue=zork`)).code).toBe(400)
})

test('a list at an exact version shows what there was then', async () => {
  const before = (await lab.call('GET', PODS)).body
  await lab.call('POST', '/apis/apps/v1/namespaces/shop/deployments', webDeployment({ replicas: 2 }, 'other'))
  await lab.rolledOut('other')
  const version = before.metadata.resourceVersion
  const then = (await lab.call('GET', `${PODS}?resourceVersion=${version}&resourceVersionMatch=Exact`)).body
  expect(then).toEqual(before)
  await lab.call('DELETE', '/apis/apps/v1/namespaces/shop/deployments/other')
})

test('versions that are too new, too old or badly asked for are refused as the API does', async () => {
  expect(await lab.call('GET', `${PODS}?resourceVersion=99999999`)).toMatchObject({
    code: 504,
    body: { reason: 'Timeout', details: { retryAfterSeconds: 1 } },
  })
  expect(await lab.call('GET', `${PODS}?resourceVersionMatch=Exact`)).toMatchObject({
    code: 422,
    body: { reason: 'Invalid' },
  })
  const small = await startLabApi({ historyLength: 5 })
  for (let i = 0; i < 20; i++)
    await small.call('POST', '/api/v1/namespaces/shop/configmaps', { metadata: { name: `c${i}` } })
  expect(await small.call('GET', `${PODS}?resourceVersion=2&resourceVersionMatch=Exact`)).toMatchObject({
    code: 410,
    body: { reason: 'Expired', status: 'Failure' },
  })
  await small.stop()
})

test('errors are Status objects with the words of a real API server', async () => {
  expect(await lab.call('GET', `${PODS}/nope`)).toEqual({
    code: 404,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'pods "nope" not found',
      reason: 'NotFound',
      details: { name: 'nope', kind: 'pods' },
      code: 404,
    },
  })
  expect((await lab.call('GET', '/apis/nope/v1/things')).body.message).toBe(
    'the server could not find the requested resource',
  )
  expect((await lab.call('PUT', PODS, {})).code).toBe(405)
})

test('a Table has the columns of kubectl get', async () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
  const columns = async (path: string) => {
    const { body } = await lab.call('GET', path, undefined, { accept })
    expect(body.kind).toBe('Table')
    return body.columnDefinitions?.map(({ name }) => name).join(' ')
  }
  expect(await columns(PODS)).toBe('Name Ready Status Restarts Age IP Node Nominated Node Readiness Gates')
  expect(await columns('/apis/apps/v1/namespaces/shop/deployments')).toBe(
    'Name Ready Up-to-date Available Age Containers Images Selector',
  )
  expect(await columns('/apis/apps/v1/namespaces/shop/replicasets')).toBe(
    'Name Desired Current Ready Age Containers Images Selector',
  )
  expect(await columns('/api/v1/nodes')).toBe(
    'Name Status Roles Age Version Internal-IP External-IP OS-Image Kernel-Version Container-Runtime',
  )
  const { body } = await lab.call('GET', `${PODS}?labelSelector=app%3Dweb`, undefined, { accept })
  expect(body.rows[0]?.cells.slice(1, 4)).toEqual(['1/1', 'Running', '0'])
  expect(body.rows[0]?.object.kind).toBe('PartialObjectMetadata')
})

test('a SelfSubjectAccessReview is allowed, and what is forbidden is refused', async () => {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const review = { spec: { resourceAttributes: { verb: 'patch', group: 'apps', resource: 'deployments' } } }
  expect(await lab.call('POST', path, review)).toMatchObject({
    code: 201,
    body: { status: { allowed: true } },
  })
  const strict = await startLabApi({
    forbids: ({ verb, resource }) => verb === 'patch' && resource === 'deployments',
  })
  expect((await strict.call('POST', path, review)).body.status.allowed).toBe(false)
  expect(await strict.call('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', {})).toMatchObject({
    code: 403,
    body: {
      reason: 'Forbidden',
      message:
        'deployments.apps "web" is forbidden: User "lab" cannot patch resource "deployments" in API group "apps" in the namespace "shop"',
    },
  })
  await strict.stop()
})
