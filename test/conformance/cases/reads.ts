import { expect, test } from 'vitest'
import { type ApiObject, firstOf } from '../../support/api-object.ts'
import type { Backend } from '../backend.ts'
import { expectCode, isReady, pathOf, startPod } from '../objects.ts'

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

const configMap = (name: string, labels: object = {}, data: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
})

const create = async (backend: Backend, object: object): Promise<ApiObject> =>
  expectCode(await backend.call('POST', pathOf(backend, 'configmaps'), object), 201)

export const readCases = (here: () => Backend): void => {
  const list = async (query: string): Promise<ApiObject> =>
    expectCode(await here().call('GET', `${pathOf(here(), 'configmaps')}?${query}`), 200)
  const namesOf = ({ items }: ApiObject): readonly string[] => items.map(({ metadata }) => metadata.name)

  test.concurrent('label selectors: equal, in, not in, exists, not exists', async () => {
    await create(here(), configMap('select-a', { suite: 'select', tier: 'a' }))
    await create(here(), configMap('select-b', { suite: 'select', tier: 'b' }))
    await create(here(), configMap('select-c', { suite: 'select' }))
    const selected = async (selector: string): Promise<readonly string[]> =>
      namesOf(await list(`labelSelector=${encodeURIComponent(`suite=select,${selector}`)}`))
    expect(await selected('tier=a')).toEqual(['select-a'])
    expect(await selected('tier in (a,b)')).toEqual(['select-a', 'select-b'])
    expect(await selected('tier notin (a)')).toEqual(['select-b', 'select-c'])
    expect(await selected('tier')).toEqual(['select-a', 'select-b'])
    expect(await selected('!tier')).toEqual(['select-c'])
  })

  test.concurrent('a field selector that a kind does not know is refused', async () => {
    const path = `${pathOf(here(), 'pods')}?fieldSelector=spec.hostname%3Dx`
    expect((await here().call('GET', path)).code).toBe(400)
  })

  test.concurrent('a list comes in pages of one state', async () => {
    for (const name of ['page-1', 'page-2', 'page-3'])
      await create(here(), configMap(name, { suite: 'page' }))
    const first = await list('labelSelector=suite%3Dpage&limit=2')
    expect(namesOf(first)).toEqual(['page-1', 'page-2'])
    await create(here(), configMap('page-4', { suite: 'page' }))
    const token = encodeURIComponent(first.metadata.continue ?? '')
    const second = await list(`labelSelector=suite%3Dpage&limit=2&continue=${token}`)
    expect(namesOf(second)).toEqual(['page-3'])
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    expect(second.metadata.continue ?? '').toBe('')
  })

  test.concurrent('a list at an exact version is the state of that version', async () => {
    const { metadata } = await create(here(), configMap('exact', { suite: 'exact' }, { is: 'old' }))
    const path = pathOf(here(), 'configmaps', 'exact')
    const headers = { 'content-type': 'application/merge-patch+json' }
    expectCode(await here().call('PATCH', path, { data: { is: 'new' } }, headers), 200)
    const version = metadata.resourceVersion
    const old = await list(
      `labelSelector=suite%3Dexact&resourceVersion=${version}&resourceVersionMatch=Exact`,
    )
    expect(old.items[0]?.data.is).toBe('old')
    expect(old.metadata.resourceVersion).toBe(version)
    const notOlder = await list(
      `labelSelector=suite%3Dexact&resourceVersion=${version}&resourceVersionMatch=NotOlderThan`,
    )
    expect(Number(notOlder.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(version))
  })

  test.concurrent('what is not there is a Status that names it', async () => {
    const { code, body } = await here().call('GET', pathOf(here(), 'deployments', 'nobody'))
    expect(code).toBe(404)
    expect(body).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      reason: 'NotFound',
      message: 'deployments.apps "nobody" not found',
      details: { name: 'nobody', group: 'apps', kind: 'deployments' },
      code: 404,
    })
  })

  test.concurrent('a table has the columns that kubectl prints', async () => {
    const pod = await startPod(here(), 'table', {
      container: { lifecycle: { preStop: { sleep: { seconds: 2 } } } },
    })
    await pod.when(isReady)
    const read = async (): Promise<ApiObject> =>
      expectCode(await here().call('GET', pathOf(here(), 'pods', 'table'), undefined, { accept: TABLE }), 200)
    const table = await read()
    expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
    expect(table.columnDefinitions?.map(({ name }) => name)).toEqual([
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
      'IP',
      'Node',
      'Nominated Node',
      'Readiness Gates',
    ])
    const { cells, object } = firstOf(table.rows)
    expect(cells.slice(0, 4)).toEqual(['table', '1/1', 'Running', '0'])
    expect(cells[4]).toMatch(/^\d+s$/)
    expect(cells.slice(7)).toEqual(['<none>', '<none>'])
    expect(object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'table' } })
    await pod.delete()
    expect(firstOf((await read()).rows).cells[2]).toBe('Terminating')
  })

  test.concurrent.each([
    ['deployments', ['Name', 'Ready', 'Up-to-date', 'Available', 'Age', 'Containers', 'Images', 'Selector']],
    ['replicasets', ['Name', 'Desired', 'Current', 'Ready', 'Age', 'Containers', 'Images', 'Selector']],
    ['services', ['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', 'Selector']],
    ['endpointslices', ['Name', 'AddressType', 'Ports', 'Endpoints', 'Age']],
    ['leases', ['Name', 'Holder', 'Age']],
    ['poddisruptionbudgets', ['Name', 'Min Available', 'Max Unavailable', 'Allowed Disruptions', 'Age']],
  ])('a table of %s has its columns', async (resource, columns) => {
    const table = expectCode(
      await here().call('GET', pathOf(here(), resource), undefined, { accept: TABLE }),
      200,
    )
    expect(table.columnDefinitions?.map(({ name }) => name)).toEqual(columns)
  })

  test.concurrent('an access review answers for the verb that is asked', async () => {
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: {
          verb: 'patch',
          group: 'apps',
          resource: 'deployments',
          namespace: here().namespace,
        },
      },
    }
    const answer = await here().call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', body)
    expect(expectCode(answer, 201).status.allowed).toBe(true)
  })

  test.concurrent('discovery names the resources that a rollout needs, with their verbs', async () => {
    const { resources } = expectCode(await here().call('GET', '/apis/apps/v1'), 200)
    const deployments = resources.find(({ name }) => name === 'deployments')
    expect(deployments).toMatchObject({ kind: 'Deployment', namespaced: true, shortNames: ['deploy'] })
    expect(deployments?.verbs).toEqual(
      expect.arrayContaining(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']),
    )
    expect(resources.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['deployments/scale', 'deployments/status', 'replicasets']),
    )
  })
}
