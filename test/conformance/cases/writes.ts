import { expect, test } from 'vitest'
import type { ApiObject } from '../../support/api-object.ts'
import type { Backend } from '../backend.ts'
import { deploymentOf, expectCode, mainContainer, pathOf } from '../objects.ts'

const type = (name: string): Readonly<Record<string, string>> => ({ 'content-type': `application/${name}` })
const JSON_PATCH = type('json-patch+json')
const MERGE = type('merge-patch+json')
const STRATEGIC = type('strategic-merge-patch+json')

export const writeCases = (here: () => Backend): void => {
  const maps = (name?: string): string => pathOf(here(), 'configmaps', name)
  const configMap = (name: string, data: object = {}): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data,
  })
  const create = async (name: string, data: object = {}): Promise<ApiObject> =>
    expectCode(await here().call('POST', maps(), configMap(name, data)), 201)
  /** A Deployment without pods. */
  const asleep = async (name: string): Promise<ApiObject> =>
    expectCode(
      await here().call('POST', pathOf(here(), 'deployments'), deploymentOf(here(), name, { replicas: 0 })),
      201,
    )

  test.concurrent('a write with a version that is not the last is a conflict', async () => {
    const first = await create('versions', { is: '1' })
    expect(first.metadata.resourceVersion).toMatch(/^\d+$/)
    const second = expectCode(
      await here().call('PUT', maps('versions'), { ...first, data: { is: '2' } }),
      200,
    )
    expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion))
    const { code, body } = await here().call('PUT', maps('versions'), { ...first, data: { is: '3' } })
    expect([code, body.reason]).toEqual([409, 'Conflict'])
    const { resourceVersion } = first.metadata
    const guarded = await here().call('PATCH', maps('versions'), { metadata: { resourceVersion } }, MERGE)
    expect(guarded.code).toBe(409)
    const free = await here().call('PATCH', maps('versions'), { data: { is: '4' } }, MERGE)
    expect(free.code).toBe(200)
  })

  test.concurrent('a write that changes nothing makes no new version', async () => {
    const made = await create('same', { is: '1' })
    const again = expectCode(await here().call('PATCH', maps('same'), { data: { is: '1' } }, MERGE), 200)
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion)
  })

  test.concurrent('what is there already is not created again', async () => {
    await create('twice')
    const { code, body } = await here().call('POST', maps(), configMap('twice'))
    expect([code, body.reason]).toEqual([409, 'AlreadyExists'])
  })

  test.concurrent('a JSON patch whose test fails changes nothing', async () => {
    await create('json-patch', { a: '1', b: '2' })
    const path = maps('json-patch')
    const good = [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'replace', path: '/data/a', value: '3' },
      { op: 'remove', path: '/data/b' },
      { op: 'add', path: '/data/c', value: '4' },
    ]
    expect(expectCode(await here().call('PATCH', path, good, JSON_PATCH), 200).data).toEqual({
      a: '3',
      c: '4',
    })
    const bad = [
      { op: 'replace', path: '/data/c', value: '5' },
      { op: 'test', path: '/data/a', value: '1' },
    ]
    expect((await here().call('PATCH', path, bad, JSON_PATCH)).code).toBe(422)
    expect(expectCode(await here().call('GET', path), 200).data).toEqual({ a: '3', c: '4' })
  })

  test.concurrent('a merge patch removes what is null and replaces lists', async () => {
    await asleep('merge')
    const path = pathOf(here(), 'deployments', 'merge')
    const labels = { metadata: { labels: { app: null, added: 'yes' } } }
    expect(expectCode(await here().call('PATCH', path, labels, MERGE), 200).metadata.labels).toEqual({
      added: 'yes',
    })
    const env = [{ name: 'ONLY', value: '1' }]
    const patch = { spec: { template: { spec: { containers: [{ ...mainContainer(here()), env }] } } } }
    const patched = expectCode(await here().call('PATCH', path, patch, MERGE), 200)
    expect(patched.spec.template.spec.containers[0].env).toEqual(env)
  })

  test.concurrent('a strategic merge patch finds containers and variables by their names', async () => {
    await asleep('strategic')
    const path = pathOf(here(), 'deployments', 'strategic')
    const container = { name: 'main', env: [{ name: 'MORE', value: '1' }] }
    const patch = { spec: { template: { spec: { containers: [container] } } } }
    const patched = expectCode(await here().call('PATCH', path, patch, STRATEGIC), 200)
    const [main] = patched.spec.template.spec.containers
    expect(main.image).toBe(here().image)
    expect(main.env?.map(({ name }) => name).toSorted()).toEqual(['MORE', 'POD_UID'])
    const removal = {
      spec: {
        template: {
          spec: { containers: [{ name: 'main', env: [{ name: 'MORE', $patch: 'delete' }] }] },
        },
      },
    }
    const removed = expectCode(await here().call('PATCH', path, removal, STRATEGIC), 200)
    expect(removed.spec.template.spec.containers[0].env?.map(({ name }) => name)).toEqual(['POD_UID'])
  })

  test.concurrent('a patch of another type is refused', async () => {
    await create('patch-type')
    expect((await here().call('PATCH', maps('patch-type'), {}, type('json'))).code).toBe(415)
  })

  test.concurrent('a dry run answers as the write would, and changes nothing', async () => {
    const made = expectCode(
      await here().call('POST', `${maps()}?dryRun=All`, configMap('dry', { is: '1' })),
      201,
    )
    expect(made.data).toEqual({ is: '1' })
    expect((await here().call('GET', maps('dry'))).code).toBe(404)
    const real = await create('dry', { is: '1' })
    const patched = await here().call('PATCH', `${maps('dry')}?dryRun=All`, { data: { is: '2' } }, MERGE)
    expect(expectCode(patched, 200).data).toEqual({ is: '2' })
    expectCode(await here().call('DELETE', `${maps('dry')}?dryRun=All`), 200)
    const after = expectCode(await here().call('GET', maps('dry')), 200)
    expect(after).toMatchObject({
      data: { is: '1' },
      metadata: { resourceVersion: real.metadata.resourceVersion },
    })
    const refused = await here().call(
      'POST',
      `${pathOf(here(), 'deployments')}?dryRun=All`,
      deploymentOf(here(), 'dry', { deployment: { replicas: -1 } }),
    )
    expect(refused.code).toBe(422)
  })

  test.concurrent('the generation follows the spec, not the labels or the status', async () => {
    await asleep('generation')
    const path = pathOf(here(), 'deployments', 'generation')
    const generation = async (body: object): Promise<number> =>
      expectCode(await here().call('PATCH', path, body, MERGE), 200).metadata.generation
    expect(await generation({ metadata: { labels: { more: 'yes' } } })).toBe(1)
    expect(await generation({ status: { replicas: 7 } })).toBe(1)
    expect(await generation({ spec: { minReadySeconds: 1 } })).toBe(2)
    expect(await generation({ spec: { minReadySeconds: 1 } })).toBe(2)
    // Deployments alone count their annotations too (registry/apps/deployment/strategy.go).
    expect(await generation({ metadata: { annotations: { more: 'yes' } } })).toBe(3)
  })

  test.concurrent('a status is written through its subresource alone', async () => {
    await asleep('status')
    const path = pathOf(here(), 'deployments', 'status')
    const spec = { spec: { replicas: 3 } }
    const through = expectCode(await here().call('PATCH', `${path}/status`, spec, MERGE), 200)
    expect(through.spec.replicas).toBe(0)
  })

  test.concurrent('unknown fields are refused when the request is strict', async () => {
    const object = deploymentOf(here(), 'strict', { replicas: 0, deployment: { replica: 3 } })
    const path = `${pathOf(here(), 'deployments')}?fieldValidation=Strict`
    const status = expectCode(await here().call('POST', path, object), 400)
    expect(status.message).toContain('unknown field "spec.replica"')
  })

  test.concurrent('defaults are filled in', async () => {
    const { spec } = await asleep('defaults')
    expect(spec).toMatchObject({
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    })
    expect(spec.template.spec).toMatchObject({
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
    })
    expect(spec.template.spec.containers[0]).toMatchObject({
      imagePullPolicy: 'IfNotPresent',
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    })
  })

  test.concurrent('a deletion with the uid of another object is refused', async () => {
    await create('precondition')
    const preconditions = { uid: '00000000-0000-0000-0000-000000000000' }
    const { code } = await here().call('DELETE', maps('precondition'), { preconditions })
    expect(code).toBe(409)
    expect((await here().call('GET', maps('precondition'))).code).toBe(200)
  })

  test.concurrent('two holders that update one Lease: the second is refused', async () => {
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'lease' },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 30 },
    }
    const made = expectCode(await here().call('POST', pathOf(here(), 'leases'), lease), 201)
    const path = pathOf(here(), 'leases', 'lease')
    const held = (holderIdentity: string): object => ({ ...made, spec: { ...made.spec, holderIdentity } })
    expectCode(await here().call('PUT', path, held('b')), 200)
    expect((await here().call('PUT', path, held('c'))).code).toBe(409)
    expect(expectCode(await here().call('GET', path), 200).spec.holderIdentity).toBe('b')
  })

  test.concurrent('generateName gets five characters more', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } }
    const { metadata } = expectCode(await here().call('POST', maps(), object), 201)
    expect(metadata.name).toMatch(/^made-[a-z0-9]{5}$/)
  })
}
