import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock as clock } from '../../../src/kernel/clock.ts'
import { silentLogger } from '../../../src/kernel/logger.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import { runMs } from '../../../src/kernel/units.ts'
import { connectKube, type KubeConnection } from '../../../src/kube/client.ts'
import type { EventOf, EventType, RunEvent } from '../../../src/model/events.ts'
import { type ClusterWatch, watchCluster } from '../../../src/watchers/watch-cluster.ts'
import { apiDeployment, apiPod } from '../kube/api-objects.ts'
import { kubeconfigOf, type SmallApi, startSmallApi } from '../kube/small-api.ts'

let api: SmallApi
let folder: string
let kube: KubeConnection
let watch: ClusterWatch
let facts: RunEvent[]
let onFact: () => void
let originMs: number

const ready = { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-21T21:36:38Z' }] }
const slice = (...endpoints: object[]) => ({
  metadata: { name: 'web-x', uid: 's1', labels: { 'kubernetes.io/service-name': 'web' } },
  endpoints,
})
const endpointOf = (name: string, uid: string, conditions: object) => ({
  addresses: ['10.0.0.1'],
  conditions,
  targetRef: { kind: 'Pod', name, uid },
})

beforeEach(async () => {
  api = await startSmallApi()
  folder = mkdtempSync(join(tmpdir(), 'rollproof-watch-'))
  const kubeconfig = join(folder, 'config')
  writeFileSync(kubeconfig, kubeconfigOf('lab', api.url))
  kube = await connectKube({ clock, kubeconfig, context: null, env: {} })
  facts = []
  onFact = () => {}
  originMs = clock.nowMs()
  api.put('deployments', apiDeployment({}))
  api.put('replicasets', {
    metadata: {
      name: 'web-abc',
      uid: 'rs-1',
      annotations: { 'deployment.kubernetes.io/revision': '3' },
      ownerReferences: [{ kind: 'Deployment', name: 'web', uid: 'd-1', controller: true }],
    },
  })
  api.put('pods', apiPod('web-1', 'u1', '', { status: ready }))
  api.put('endpointslices', slice(endpointOf('web-1', 'u1', { ready: true })))
  watch = await watchCluster({
    reader: kube.reader,
    deployment: await kube.reader.readDeployment('shop', 'web'),
    services: ['web'],
    sink: (draft) => {
      const fact: RunEvent = { seq: facts.length + 1, atMs: runMs(clock.nowMs() - originMs), ...draft }
      facts.push(fact)
      onFact()
      return fact
    },
    clock,
    originMs,
    random: seededRandom(1),
    log: silentLogger,
    signal: new AbortController().signal,
  })
})
afterEach(async () => {
  await watch.close()
  await kube.close()
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

const of = <T extends EventType>(type: T): EventOf<T>[] =>
  facts.filter((fact): fact is EventOf<T> => fact.type === type)
const until = (holds: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const check = (): void => {
      if (holds()) resolve()
    }
    onFact = check
    check()
  })

test('what is there is told first, with revisions, and the view shows it', () => {
  expect(of('pod.created')).toMatchObject([{ pod: { name: 'web-1' }, replicaSet: 'web-abc', revision: 3 }])
  expect(of('pod.ready')).toHaveLength(1)
  expect(of('endpoint.ready')).toMatchObject([{ pod: { name: 'web-1', uid: 'u1' }, service: 'web' }])
  expect(of('watch.opened').map(({ resource }) => resource)).toEqual(
    expect.arrayContaining(['deployments', 'replicasets', 'pods', 'endpointslices']),
  )
  expect(watch.deployment?.name).toBe('web')
  expect([...watch.pods.keys()]).toEqual(['u1'])
  expect([...watch.replicaSets.keys()]).toEqual(['rs-1'])
  expect(watch.endpoints).toHaveLength(1)
})

test('a restart that was announced is ours, the next change is foreign, an odd event is only seen', async () => {
  const restarted = (value: string) => ({
    replicas: 4,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': value } } },
  })
  watch.expectRestart('now')
  api.put('deployments', apiDeployment({ metadata: { generation: 4 }, spec: restarted('now') }))
  api.put('deployments', apiDeployment({ metadata: { generation: 5 }, spec: restarted('later') }))
  api.put('events', {
    metadata: { name: 'e1', uid: 'e1' },
    reason: 'Killing',
    message: 'Stopping container web',
    involvedObject: { kind: 'Pod', name: 'web-1', uid: 'u1' },
  })
  await until(
    () => of('event.seen').length === 1 && of('workload.changed').some(({ generation }) => generation === 5),
  )
  expect(
    of('workload.changed')
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ generation, foreign }) => [generation, foreign]),
  ).toEqual([
    [3, false],
    [4, false],
    [5, true],
  ])
})

test('a half-open watch is found within 5 s, the gap starts before what it hid, and nothing is lost', async () => {
  watch.rolling(true)
  await until(() => of('watch.audited').some(({ resource, agrees }) => resource === 'pods' && agrees))
  api.holdUp()
  const hiddenAtMs = clock.nowMs() - originMs
  api.remove('pods', 'u1')
  await until(() => of('watch.gap').some(({ resource }) => resource === 'pods'))
  const [gap] = of('watch.gap').filter(({ resource }) => resource === 'pods')
  expect(gap?.lostAtMs).toBeLessThanOrEqual(hiddenAtMs)
  expect((gap?.resumedAtMs ?? Number.POSITIVE_INFINITY) - hiddenAtMs).toBeLessThan(5000)
  expect(gap?.why).toContain('a LIST showed what the watch did not: web-1 is gone')
  await until(() => of('pod.deleted').length === 1)
  expect(watch.pods.size).toBe(0)
})

test('half-open watches of the Deployment and its ReplicaSets are found as well', async () => {
  watch.rolling(true)
  api.holdUp()
  api.put('deployments', apiDeployment({ metadata: { generation: 4 }, spec: { replicas: 9 } }))
  await until(() => of('workload.changed').some(({ generation }) => generation === 4))
  expect(of('watch.gap').map(({ resource }) => resource)).toContain('deployments')
})

test('audits without an answer cut the watches, too: nothing is known of them', async () => {
  watch.rolling(true)
  api.intercept = (request) => request.url?.includes('watch=true') === false
  await until(() => new Set(of('watch.gap').map(({ resource }) => resource)).size >= 4)
  expect(of('watch.gap').every(({ resumedAtMs }) => resumedAtMs !== null)).toBe(true)
})

test('a pod that went while versions were forgotten is told as gone within the gap', async () => {
  api.end('clean')
  api.remove('pods', 'u1')
  api.forget()
  await until(
    () => of('pod.deleted').length === 1 && of('watch.gap').some(({ resource }) => resource === 'pods'),
  )
  const [deleted] = of('pod.deleted')
  expect(deleted?.cluster?.latestAtMs).toBeGreaterThanOrEqual(deleted?.cluster?.earliestAtMs ?? Number.NaN)
  expect(of('watch.relisted').map(({ resource }) => resource)).toContain('pods')
})

test('the last audit asks for the very version that was seen, and agrees', async () => {
  const version = api.put('pods', apiPod('web-2', 'u2', ''))
  await until(() => of('pod.created').length === 2)
  await watch.finish()
  expect(
    api.requests.some(
      ({ path }) =>
        path.includes(`/pods?`) && path.includes(`resourceVersion=${version}&resourceVersionMatch=Exact`),
    ),
  ).toBe(true)
  const last = of('watch.audited').filter(({ final }) => final)
  expect(last.map(({ resource, agrees }) => [resource, agrees])).toEqual(
    expect.arrayContaining([
      ['pods', true],
      ['endpointslices', true],
      ['replicasets', true],
      ['deployments', true],
    ]),
  )
})

test('the last audit does not agree when the watch was held up, whatever it shows', async () => {
  api.holdUp()
  api.put('pods', apiPod('web-2', 'u2', ''))
  api.forget()
  await watch.finish()
  const [pods] = of('watch.audited').filter(({ final, resource }) => final && resource === 'pods')
  expect(pods).toMatchObject({ agrees: false, detail: 'web-2 was not shown' })
})

test('a watch that is not allowed any more is given up loudly', async () => {
  const failed = watch.failed
  api.intercept = (request, response) => {
    if (!request.url?.includes('/pods')) return false
    response.writeHead(404).end('{"message":"no pods here"}')
    return true
  }
  api.end('clean')
  await until(() => of('watch.opened').filter(({ resource }) => resource === 'replicasets').length === 2)
  await watch.close()
  expect(of('watch.gap').filter(({ resource }) => resource === 'pods')).toMatchObject([{ resumedAtMs: null }])
  expect(await Promise.race([failed.then(() => 'failed'), Promise.resolve('still trying')])).toBe(
    'still trying',
  )
})
