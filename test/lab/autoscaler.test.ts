import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { rbacManifests } from '../../src/cli/rbac-manifest.ts'
import type { AccessAttributes } from '../../src/lab/server/access.ts'
import { asDeployment } from '../../src/lab/sim/types.ts'
import type { RunEvent } from '../../src/model/events.ts'
import type { ApiObject } from '../support/api-object.ts'
import { runCli, startCli } from '../support/cli.ts'
import { allows, type PolicyRule } from '../support/rbac-authorizer.ts'
import { SMALL_RUN, type SmallCluster, smallRun, startSmallCluster } from '../support/small-run.ts'

const WEB = '/apis/apps/v1/namespaces/shop/deployments/web'
const SCALERS = '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers'
const SCALER = `${SCALERS}/web-scaler`
const MERGE = { 'content-type': 'application/merge-patch+json' }
const SET = ['rollout.choreography=scale-down', 'rollout.autoscaler=web-scaler', 'rollout.timeout=2m']

const rulesFor = (variants: readonly { kind: 'HorizontalPodAutoscaler'; name: string }[]) =>
  rbacManifests({
    namespace: 'shop',
    deployment: 'web',
    serviceAccount: 'rollproof',
    choreography: 'scale-down',
    variants,
  }).flatMap(({ rules }) => (rules ?? []) as readonly PolicyRule[])
const ROLE = rulesFor([{ kind: 'HorizontalPodAutoscaler', name: 'web-scaler' }])

let cluster: SmallCluster
let rules: readonly PolicyRule[] | null = null
let refused: AccessAttributes[] = []

const forbids = (attributes: AccessAttributes): boolean => {
  if (rules === null || allows(rules, attributes)) return false
  if (attributes.resource !== 'namespaces') refused.push(attributes)
  return true
}

beforeAll(async () => {
  cluster = await startSmallCluster({ forbids, autoscalerPeriodMs: 150 })
})
beforeEach(() => {
  rules = null
  refused = []
})
afterAll(() => cluster.stop())

const call = async (method: string, path: string, body?: unknown, headers = {}): Promise<ApiObject> => {
  rules = null
  const answer = await cluster.lab.call(method, path, body, headers)
  if (answer.code >= 300) throw new Error(JSON.stringify(answer.body))
  return answer.body
}
const makeScaler = (spec: object = {}): Promise<ApiObject> =>
  call('POST', SCALERS, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web-scaler' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 5,
      ...spec,
    },
  })

/** What a run may leave nothing of. */
const state = async () => {
  const [web, scaler] = [await call('GET', WEB), await call('GET', SCALER)]
  const journals = [web, scaler].filter(({ metadata }) => metadata.annotations?.['rollproof.dev/journal'])
  return {
    replicas: web.spec.replicas,
    bounds: [scaler.spec.minReplicas, scaler.spec.maxReplicas],
    journals: journals.map(({ kind }) => kind),
  }
}
const AS_IT_WAS = { replicas: 3, bounds: [2, 5], journals: [] }

const run = (more: Partial<Parameters<typeof smallRun>[0]> = {}) =>
  smallRun({
    kubeconfig: cluster.kubeconfig(),
    targetUrl: cluster.targetUrl,
    folder: mkdtempSync(join(cluster.folder, 'run-')),
    set: SET,
    ...more,
  })

/** Resolves when the autoscaler has scaled down to the one pod that its bounds leave it. */
const untilScaled = (): Promise<void> =>
  cluster.lab.until(() => {
    const found = cluster.lab.store.get('deployments.apps', 'shop', 'web')
    return found !== null && asDeployment(found).spec.replicas === 1
  })

test.each<[string, object | null, string]>([
  ['there is none of that name', null, 'does not exist'],
  [
    'it scales something else',
    { scaleTargetRef: { kind: 'Deployment', name: 'api' } },
    'scales Deployment api',
  ],
])('a scale-down by an autoscaler is refused before anything is written when %s', async (_, spec, why) => {
  const before = await call('GET', WEB)
  if (spec !== null) await makeScaler(spec)
  const error = await run().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'DEPLOYMENT_REFUSED', message: expect.stringContaining(why) })
  if (spec !== null) await call('DELETE', SCALER)
  const after = await call('GET', WEB)
  expect([after.spec, after.metadata.annotations]).toEqual([before.spec, before.metadata.annotations])
})

test('the autoscaler takes the pods away under exactly the printed Role, and all is put back', async () => {
  await makeScaler()
  const facts: RunEvent[] = []
  rules = ROLE
  const { error } = await run({ restarts: 2, onFact: (fact) => facts.push(fact) })
  expect(error).toBeNull()
  expect(refused).toEqual([])
  expect(facts.filter(({ type }) => type === 'rollout.old-pods-gone')).toHaveLength(2)
  const oldPods = facts.flatMap((fact) => (fact.type === 'rollout.acknowledged' ? [fact.oldPods.length] : []))
  expect(oldPods).toEqual([2, 2])
  const changes = facts.flatMap((fact) =>
    fact.type === 'workload.changed' && fact.kind === 'Deployment' ? [[fact.foreign, fact.detail]] : [],
  )
  expect(changes.filter(([isForeign]) => isForeign)).toEqual([])
  expect(changes.map(([, detail]) => detail)).toContain('replicas 3 → 1')
  expect(await state()).toEqual(AS_IT_WAS)
  const { items } = await call('GET', '/api/v1/namespaces/shop/events')
  const by = (reason: string, kind: string) =>
    items.filter((event) => event.reason === reason && event.involvedObject.kind === kind).length
  expect(by('SuccessfulRescale', 'HorizontalPodAutoscaler')).toBeGreaterThan(0)
  expect(by('SuccessfulDelete', 'ReplicaSet')).toBeGreaterThanOrEqual(4)
}, 180_000)

test('a Role for another choreography does not do, and what is missing is said', async () => {
  rules = rulesFor([])
  const error = await run().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'KUBE_FORBIDDEN',
    message: expect.stringContaining(
      'get horizontalpodautoscalers.autoscaling, patch horizontalpodautoscalers.autoscaling',
    ),
    hint: expect.stringContaining('--for SCENARIO'),
  })
  expect(await state()).toEqual(AS_IT_WAS)
})

test('after a SIGKILL while the pods are away a new run is refused, and restore puts back what others left alone, proved', async () => {
  const out = mkdtempSync(join(cluster.folder, 'killed-'))
  const kube = ['--deployment', 'shop/web', '--kubeconfig', cluster.kubeconfig()]
  const load = ['--target', cluster.targetUrl, '--vus', SMALL_RUN.vus, '--pace', SMALL_RUN.pace]
  const set = [...SMALL_RUN.set, ...SET].flatMap((pair) => ['--set', pair])
  const killed = startCli(['run', '--yes', '-q', ...kube, ...load, ...set, '--out', out])
  await untilScaled()
  killed.child.kill('SIGKILL')
  await killed.result
  const journals = ['Deployment', 'HorizontalPodAutoscaler']
  expect(await state()).toEqual({ replicas: 1, bounds: [1, 1], journals })
  const again = await run().catch((thrown: unknown) => thrown)
  expect(again).toMatchObject({ hint: expect.stringContaining('rollproof restore --deployment shop/web') })
  // As after the 30 s in which nobody renews it.
  await call('DELETE', '/apis/coordination.k8s.io/v1/namespaces/shop/leases/rollproof-web')

  await call('PATCH', SCALER, { spec: { maxReplicas: 2 } }, MERGE)
  const conflict = await runCli(['restore', ...kube])
  expect(conflict.code).toBe(5)
  expect(conflict.stdout).toContain('/spec/maxReplicas was changed by somebody else')
  // The number of replicas waits for the bounds.
  expect((await state()).journals).toEqual(journals)

  await call('PATCH', SCALER, { spec: { maxReplicas: 5 } }, MERGE)
  const restored = await runCli(['restore', ...kube, join(out, readdirSync(out)[0] ?? '')])
  expect(restored.stdout).toContain('rollout complete, all pods available: as before')
  expect(restored.code).toBe(0)
  expect(await state()).toEqual(AS_IT_WAS)
}, 180_000)
