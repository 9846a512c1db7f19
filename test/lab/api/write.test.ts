import { afterAll, beforeAll, expect, test } from 'vitest'
import { isPodReady } from '../../../src/lab/sim/pod-state.ts'
import { asBudget, asPod } from '../../../src/lab/sim/types.ts'
import { stampMs } from '../../support/api-object.ts'
import { type LabApi, startLabApi } from '../../support/lab-api.ts'
import { webDeployment } from '../../support/lab-objects.ts'

let lab: LabApi
const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments'
const WEB = `${DEPLOYMENTS}/web`
const merge = { 'content-type': 'application/merge-patch+json' }
const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
const jsonPatch = { 'content-type': 'application/json-patch+json' }

beforeAll(async () => {
  lab = await startLabApi()
  await lab.call('POST', DEPLOYMENTS, webDeployment())
  await lab.rolledOut('web')
})
afterAll(() => lab.stop())

test('a Deployment gets the defaults of the API', async () => {
  const { body } = await lab.call('GET', WEB)
  expect(body.spec).toMatchObject({
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 10,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
  })
  expect(body.spec.template.spec).toMatchObject({
    terminationGracePeriodSeconds: 30,
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    containers: [{ imagePullPolicy: 'IfNotPresent', ports: [{ protocol: 'TCP' }] }],
  })
})

test('the restart of kubectl makes one new revision and one new generation', async () => {
  const before = (await lab.call('GET', WEB)).body
  const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' }
  const patched = await lab.call(
    'PATCH',
    WEB,
    { spec: { template: { metadata: { annotations } } } },
    strategic,
  )
  expect(patched.body.metadata.generation).toBe(before.metadata.generation + 1)
  await lab.rolledOut('web')
  const after = (await lab.call('GET', WEB)).body
  expect(after.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2')
  expect(after.status).toMatchObject({ replicas: 3, updatedReplicas: 3, availableReplicas: 3 })
  expect(after.spec.template.spec).toEqual(before.spec.template.spec)
})

test('a change of annotations is a new generation that the controller observes, without a rollout', async () => {
  const before = (await lab.call('GET', WEB)).body
  const { body } = await lab.call('PATCH', WEB, { metadata: { annotations: { note: 'x' } } }, merge)
  expect(body.metadata.generation).toBe(before.metadata.generation + 1)
  await lab.rolledOut('web')
  expect(lab.store.list('replicasets.apps', 'shop').items).toHaveLength(2)
})

test('an update with an old version is a conflict that names the object', async () => {
  const { body } = await lab.call('GET', WEB)
  await lab.call('PATCH', WEB, { metadata: { labels: { touched: 'yes' } } }, merge)
  expect(await lab.call('PUT', WEB, body)).toMatchObject({
    code: 409,
    body: {
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again',
      details: { name: 'web', group: 'apps', kind: 'deployments' },
    },
  })
  const stale = { metadata: { resourceVersion: '1', labels: { a: 'b' } } }
  expect((await lab.call('PATCH', WEB, stale, merge)).code).toBe(409)
})

test('a JSON patch applies as a whole or not at all', async () => {
  const patch = [
    { op: 'add', path: '/metadata/annotations/first', value: 'yes' },
    { op: 'test', path: '/spec/replicas', value: 77 },
  ]
  expect(await lab.call('PATCH', WEB, patch, jsonPatch)).toMatchObject({
    code: 422,
    body: { reason: 'Invalid' },
  })
  expect((await lab.call('GET', WEB)).body.metadata.annotations).not.toHaveProperty('first')
  const good = [
    { op: 'test', path: '/spec/replicas', value: 3 },
    { op: 'add', path: '/metadata/annotations/rollproof.dev~1run', value: 'r1' },
  ]
  expect(
    (await lab.call('PATCH', WEB, good, jsonPatch)).body.metadata.annotations?.['rollproof.dev/run'],
  ).toBe('r1')
})

test('a strategic merge patch changes one container and keeps the rest', async () => {
  const container = { name: 'web', env: [{ name: 'MODE', value: 'fast' }] }
  const patch = { spec: { paused: true, template: { spec: { containers: [container] } } } }
  const { body } = await lab.call('PATCH', WEB, patch, strategic)
  expect(body.spec.template.spec.containers).toEqual([
    expect.objectContaining({ image: 'shop/web:1', env: [{ name: 'MODE', value: 'fast' }] }),
  ])
  const back = { spec: { paused: null, template: { spec: { containers: [{ name: 'web', env: null }] } } } }
  const restored = (await lab.call('PATCH', WEB, back, strategic)).body
  expect(restored.spec.template.spec.containers[0].env).toBeUndefined()
  expect((await lab.call('PATCH', WEB, {}, { 'content-type': 'application/json' })).code).toBe(415)
})

test('a dry run answers with the result and changes nothing', async () => {
  const { generation, uid } = (await lab.call('GET', WEB)).body.metadata
  const { body } = await lab.call('PATCH', `${WEB}?dryRun=All`, { spec: { replicas: 9 } }, merge)
  expect(body.spec.replicas).toBe(9)
  const created = await lab.call('POST', `${DEPLOYMENTS}?dryRun=All`, webDeployment({}, 'tried'))
  expect(created).toMatchObject({ code: 201, body: { metadata: { name: 'tried' } } })
  expect((await lab.call('GET', `${DEPLOYMENTS}/tried`)).code).toBe(404)
  expect((await lab.call('DELETE', `${WEB}?dryRun=All`)).code).toBe(200)
  expect((await lab.call('GET', WEB)).body.metadata).toMatchObject({ generation, uid })
  expect((await lab.call('PATCH', `${WEB}?dryRun=Some`, {}, merge)).code).toBe(400)
})

test('an invalid object is refused with every problem, as the API words them', async () => {
  const bad = {
    metadata: { name: 'x' },
    spec: { replicas: -1, template: { spec: { containers: [{ name: 'a' }] } } },
  }
  const { code, body } = await lab.call('POST', DEPLOYMENTS, bad)
  expect(code).toBe(422)
  expect(body.message).toBe(
    'Deployment.apps "x" is invalid: [spec.replicas: Invalid value: -1: must be greater than or equal to 0, spec.selector: Required value, spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`, spec.template.spec.containers[0].image: Required value]',
  )
  expect(body.details.causes).toHaveLength(4)
  const typed = webDeployment({}, 'y')
  const text = { ...typed, spec: { ...typed.spec, replicas: '2' } }
  expect((await lab.call('POST', DEPLOYMENTS, text)).body.message).toBe(
    'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field Deployment.spec.replicas of type int32',
  )
  expect(
    (await lab.call('POST', '/api/v1/namespaces/zork/configmaps', { metadata: { name: 'a' } })).body.message,
  ).toBe('namespaces "zork" not found')
  const { template } = webDeployment({}, 'typo').spec
  const containers = template.spec.containers.map((container) => ({ ...container, readinesProbe: {} }))
  const typo = webDeployment({ template: { ...template, spec: { containers } } }, 'typo')
  expect((await lab.call('POST', `${DEPLOYMENTS}?fieldValidation=Strict`, typo)).body.message).toBe(
    'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.template.spec.containers[0].readinesProbe"',
  )
  const selector = { spec: { selector: { matchLabels: { app: 'other' } } } }
  expect((await lab.call('PATCH', WEB, selector, merge)).body.message).toContain('field is immutable')
})

test('scale is read, replaced and patched, and refuses negative numbers', async () => {
  const scale = (await lab.call('GET', `${WEB}/scale`)).body
  expect(scale).toMatchObject({
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    spec: { replicas: 3 },
    status: { replicas: 3, selector: 'app=web' },
  })
  expect((await lab.call('PATCH', `${WEB}/scale`, { spec: { replicas: 4 } }, merge)).body.spec.replicas).toBe(
    4,
  )
  await lab.rolledOut('web')
  expect((await lab.call('PUT', `${WEB}/scale`, { ...scale, spec: { replicas: 5 } })).code).toBe(409)
  const current = (await lab.call('GET', `${WEB}/scale`)).body
  expect((await lab.call('PUT', `${WEB}/scale`, { ...current, spec: { replicas: 3 } })).code).toBe(200)
  expect((await lab.call('PATCH', `${WEB}/scale`, { spec: { replicas: -1 } }, merge)).code).toBe(422)
  await lab.rolledOut('web')
})

test('status is written through its own path only', async () => {
  const status = { status: { replicas: 77 }, spec: { replicas: 8 } }
  await lab.call('PATCH', WEB, { status: { replicas: 77 } }, merge)
  expect((await lab.call('GET', WEB)).body.status.replicas).toBe(3)
  const [pod] = lab.store.list('pods', 'shop').items
  const path = `/api/v1/namespaces/shop/pods/${pod?.metadata.name}/status`
  const { body } = await lab.call('PATCH', path, { ...status, status: { message: 'hello' } }, merge)
  expect(body.status).toMatchObject({ message: 'hello', phase: 'Running' })
  expect(body.spec.replicas).toBeUndefined()
})

test('a deleted pod is marked with the end of its grace and replaced', async () => {
  const [pod] = lab.store.list('pods', 'shop').items
  const path = `/api/v1/namespaces/shop/pods/${pod?.metadata.name}`
  const wrong = { preconditions: { uid: 'abc' } }
  expect(await lab.call('DELETE', path, wrong)).toMatchObject({ code: 409, body: { reason: 'Conflict' } })
  const beforeMs = Date.now()
  const { code, body } = await lab.call('DELETE', path, { gracePeriodSeconds: 7 })
  expect(code).toBe(200)
  expect(body.metadata.deletionGracePeriodSeconds).toBe(7)
  const endsAtMs = stampMs(body.metadata.deletionTimestamp)
  // The stamp has whole seconds.
  expect(endsAtMs).toBeGreaterThan(beforeMs + 7000 - 1000)
  expect(endsAtMs).toBeLessThanOrEqual(Date.now() + 7000 + 1000)
  await lab.until(() => lab.store.get('pods', 'shop', pod?.metadata.name ?? '') === null)
  await lab.rolledOut('web')
  const [next] = lab.store.list('pods', 'shop').items
  await lab.call('DELETE', `/api/v1/namespaces/shop/pods/${next?.metadata.name}?gracePeriodSeconds=0`)
  expect(lab.store.get('pods', 'shop', next?.metadata.name ?? '')).toBeNull()
  await lab.rolledOut('web')
})

test('an eviction waits for the disruption budget', async () => {
  const budget = {
    metadata: { name: 'web' },
    spec: { minAvailable: 3, selector: { matchLabels: { app: 'web' } } },
  }
  const budgets = '/apis/policy/v1/namespaces/shop/poddisruptionbudgets'
  await lab.call('POST', budgets, budget)
  const pods = () => lab.store.list('pods', 'shop').items.map(asPod).filter(isPodReady)
  const evict = () =>
    lab.call('POST', `/api/v1/namespaces/shop/pods/${pods()[0]?.metadata.name}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: pods()[0]?.metadata.name },
    })
  expect(await evict()).toMatchObject({ code: 429, body: { reason: 'TooManyRequests' } })
  await lab.call('PATCH', `${budgets}/web`, { spec: { minAvailable: 2 } }, merge)
  await lab.until(() => {
    const stored = lab.store.get('poddisruptionbudgets.policy', 'shop', 'web')
    return stored !== null && asBudget(stored).status?.disruptionsAllowed === 1
  })
  expect((await evict()).code).toBe(201)
  await lab.rolledOut('web')
})

test('a Lease is updated only by who knows its version', async () => {
  const leases = '/apis/coordination.k8s.io/v1/namespaces/shop/leases'
  const lease = { metadata: { name: 'lock' }, spec: { holderIdentity: 'a', leaseDurationSeconds: 15 } }
  const created = (await lab.call('POST', leases, lease)).body
  expect((await lab.call('PUT', `${leases}/lock`, lease)).code).toBe(422)
  const taken = { ...created, spec: { ...created.spec, holderIdentity: 'b' } }
  expect((await lab.call('PUT', `${leases}/lock`, taken)).body.spec.holderIdentity).toBe('b')
  expect((await lab.call('PUT', `${leases}/lock`, taken)).code).toBe(409)
})

test('deleting a Deployment takes everything below it, and a namespace all that is in it', async () => {
  await lab.call('POST', '/api/v1/namespaces', { metadata: { name: 'brief' } })
  const path = '/apis/apps/v1/namespaces/brief/deployments'
  const other = webDeployment()
  await lab.call('POST', path, { ...other, metadata: { name: 'web' } })
  await lab.until(() => lab.store.list('pods', 'brief').items.length === 3)
  expect((await lab.call('DELETE', '/api/v1/namespaces/brief')).body.status.phase).toBe('Terminating')
  await lab.until(() => lab.store.get('namespaces', null, 'brief') === null)
  expect(lab.store.list('replicasets.apps', 'brief').items).toEqual([])
  expect(await lab.call('DELETE', WEB)).toMatchObject({ code: 200, body: { status: 'Success' } })
  await lab.until(() => lab.store.list('pods', 'shop').items.length === 0)
})
