import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CoreV1Api, KubeConfig, type KubernetesObject, KubernetesObjectApi } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXIT, exitCodeOf } from '../../src/cli/exit-code.ts'
import { rbacManifests } from '../../src/cli/rbac-manifest.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { connectKube } from '../../src/kube/client.ts'
import { isLocalContext } from '../../src/kube/context-policy.ts'
import { accessNeeds } from '../../src/model/access.ts'
import type { RunEvent } from '../../src/model/events.ts'
import { type PolicyRule, without } from '../support/rbac-authorizer.ts'
import { smallRun } from '../support/small-run.ts'

/** Own namespace, new each time, so that nothing else in the cluster is touched. */
const NAMESPACE = `rollproof-role-${systemClock.epochMs().toString(36)}`
const NAME = 'web'
const manifests = rbacManifests({ namespace: NAMESPACE, deployment: NAME, serviceAccount: 'rollproof' })
const ROLE = manifests.find(({ kind }) => kind === 'Role') ?? {}
const RULES = ROLE.rules as readonly PolicyRule[]
const OPTIONAL = [
  'events',
  'services',
  'horizontalpodautoscalers',
  'ingresses',
  'poddisruptionbudgets',
  'namespaces',
]

const admin = new KubeConfig()
let objects: KubernetesObjectApi
let folder: string
let target: Server
let targetUrl: string

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: NAME, namespace: NAMESPACE },
  spec: {
    replicas: 2,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    selector: { matchLabels: { app: NAME } },
    template: {
      metadata: { labels: { app: NAME } },
      spec: {
        terminationGracePeriodSeconds: 5,
        containers: [
          {
            name: 'web',
            image: 'rollproof.local/demo:1',
            env: [{ name: 'ON_SIGTERM', value: 'graceful' }],
            readinessProbe: { httpGet: { path: '/readyz', port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
}

interface Stored extends KubernetesObject {
  readonly spec?: { readonly replicas?: number }
  readonly status?: { readonly availableReplicas?: number; readonly replicas?: number }
}
const reference = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: NAME, namespace: NAMESPACE },
}
const read = async (): Promise<Stored> => objects.read<Stored>(reference)
const settled = (): Promise<void> =>
  expect
    .poll(async () => (await read()).status, { timeout: 90_000, interval: 500 })
    .toMatchObject({ availableReplicas: 2, replicas: 2 })

/** A kubeconfig of the ServiceAccount: its token and nothing else. */
const asAccount = async (): Promise<string> => {
  const { status } = await admin.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken({
    name: 'rollproof',
    namespace: NAMESPACE,
    body: { spec: { audiences: [], expirationSeconds: 3600 } },
  })
  const config = new KubeConfig()
  const cluster = admin.getCurrentCluster()
  if (cluster === null || status?.token === undefined) throw new Error('no cluster or no token')
  config.loadFromClusterAndUser(cluster, { name: 'rollproof', token: status.token })
  const file = join(folder, 'kubeconfig')
  writeFileSync(file, config.exportConfig())
  return file
}

beforeAll(async () => {
  admin.loadFromDefault()
  const server = admin.getCurrentCluster()?.server ?? ''
  if (!isLocalContext(admin.getCurrentContext(), server))
    throw new Error(`${server} is not known to be local`)
  objects = KubernetesObjectApi.makeApiClient(admin)
  folder = mkdtempSync(join(tmpdir(), 'rollproof-role-'))
  target = createServer((_, response) => response.end('ok\n'))
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
  targetUrl = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`
  await objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } })
  for (const manifest of [...manifests, deployment]) await objects.create(manifest as KubernetesObject)
})
afterAll(async () => {
  await objects.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } })
  target.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Resolves when the authorizer, which learns of Roles by a watch of its own, refuses just this many needs of a run. */
const authorizes = async (missing: number): Promise<void> => {
  const kubeconfig = await asAccount()
  const kube = await connectKube({ clock: systemClock, kubeconfig, context: null, env: {} })
  const refused = async (): Promise<number> => {
    const answers = await Promise.all(
      accessNeeds(NAME).map(({ without: _, ...need }) =>
        kube.reader.isAllowed({ ...need, namespace: NAMESPACE }),
      ),
    )
    return answers.filter((allowed) => !allowed).length
  }
  await expect.poll(refused, { timeout: 30_000, interval: 200 }).toBe(missing)
  await kube.close()
}

const run = async (onFact: (fact: RunEvent) => void = () => {}, restarts = 1) =>
  smallRun({
    kubeconfig: await asAccount(),
    targetUrl,
    folder,
    deployment: `${NAMESPACE}/${NAME}`,
    restarts,
    onFact,
  })

test('a run works under exactly the printed Role', async () => {
  await settled()
  await authorizes(0)
  const facts: RunEvent[] = []
  const { error } = await run((fact) => facts.push(fact), 2)
  expect(error).toBeNull()
  expect(facts.filter(({ type }) => type === 'rollout.completed')).toHaveLength(2)
  expect(facts.filter(({ type }) => type === 'watch.gap')).toEqual([])
}, 180_000)

test('the printed Role shows the preflight everything around the Deployment, the labels of its own namespace too', async () => {
  const kubeconfig = await asAccount()
  const kube = await connectKube({ clock: systemClock, kubeconfig, context: null, env: {} })
  const { unread, namespaceLabels } = await kube.surroundings.readSurroundings(NAMESPACE, NAME)
  expect({ unread, namespaceLabels }).toEqual({
    unread: [],
    namespaceLabels: { 'kubernetes.io/metadata.name': NAMESPACE },
  })
  await expect(kube.surroundings.readSurroundings('kube-system', NAME)).rejects.toMatchObject({
    code: 'KUBE_FORBIDDEN',
  })
  await kube.close()
})

describe('without one verb a run is refused by name, and nothing was changed:', () => {
  const cases = RULES.flatMap(({ resources, resourceNames, verbs }, at) =>
    verbs.map((verb) => ({ at, verb, resource: resources[0] ?? '', name: resourceNames?.[0] ?? 'any' })),
  ).filter(({ resource }) => !OPTIONAL.includes(resource))

  test.each(cases)('$verb on $resource ($name)', async ({ at, verb, resource }) => {
    await settled()
    const before = (await read()).metadata
    await objects.patch(
      { ...ROLE, rules: without(RULES, at, verb) } as KubernetesObject,
      undefined,
      undefined,
      undefined,
      undefined,
      'application/merge-patch+json' as never,
    )
    await authorizes(
      accessNeeds(NAME).filter((need) => need.verb === verb && need.resource === resource).length,
    )
    const error: unknown = await run().catch((thrown: unknown) => thrown)
    expect(String(error)).toMatch(new RegExp(`may not ${verb} ${resource}\\b`))
    expect(error).toMatchObject({ code: 'KUBE_FORBIDDEN' })
    expect(exitCodeOf(error)).toBe(EXIT.setup)
    const after = (await read()).metadata
    expect(after).toMatchObject({ generation: before?.generation, uid: before?.uid })
  })
})
