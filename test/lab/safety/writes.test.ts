import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HarnessError } from '../../../src/kernel/errors.ts'
import { LEASE_RENEW_MS } from '../../../src/model/lease.ts'
import { asApiObject } from '../../support/api-object.ts'
import {
  type RecordedRequest,
  type RecordingProxy,
  startRecordingProxy,
} from '../../support/recording-proxy.ts'
import { type SmallCluster, smallRun, startSmallCluster } from '../../support/small-run.ts'
import { kindOfWrite } from '../../support/write-kinds.ts'

/** {@link kindOfWrite} of this one Deployment. */
const kindOf = (request: RecordedRequest): string => {
  const kind = kindOfWrite(request)
  const isAbout =
    /\/namespaces\/shop\/(deployments\/web|leases\/rollproof-web)$/.test(request.path) ||
    JSON.stringify(request.body).includes('"name":"rollproof-web"') ||
    kind === 'access review'
  return isAbout ? kind : `OUTSIDE: ${kind}: ${request.method} ${request.path}`
}

let cluster: SmallCluster
let proxy: RecordingProxy
let since = 0
const parts = () => ({
  kubeconfig: cluster.kubeconfig(proxy.url),
  targetUrl: cluster.targetUrl,
  folder: cluster.folder,
})
/** Kinds of writes since the last look, with how many there were of each. */
const writes = (): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const request of proxy.requests.slice(since)) {
    if (request.method === 'GET') continue
    const kind = kindOf(request)
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  since = proxy.requests.length
  return counts
}

beforeAll(async () => {
  cluster = await startSmallCluster()
  proxy = await startRecordingProxy(cluster.lab.url)
})
afterAll(async () => {
  await proxy.close()
  await cluster.stop()
})

describe('seen from a proxy before the API server', () => {
  test('a run writes restarts and its lease, and nothing else', async () => {
    const beganAtMs = performance.now()
    const { error } = await smallRun({ ...parts(), restarts: 3 })
    expect(error).toBeNull()
    const { lease = 0, ...others } = writes()
    expect(others).toEqual({
      'access review': expect.any(Number),
      'dry run of a restart': 1,
      restart: 3,
    })
    // Taken, renewed before each restart, given back; and renewed by itself, when the run takes that long.
    const byItself = Math.floor((performance.now() - beganAtMs) / LEASE_RENEW_MS)
    expect(lease).toBeGreaterThanOrEqual(5)
    expect(lease).toBeLessThanOrEqual(5 + byItself)
  })

  test('an interrupted run gives its lease back and writes nothing more', async () => {
    const stop = new AbortController()
    const beganAtMs = performance.now()
    await smallRun({
      ...parts(),
      restarts: 3,
      signal: stop.signal,
      onFact: ({ type }) => {
        if (type === 'rollout.acknowledged') stop.abort(new HarnessError('INTERRUPTED', 'SIGINT'))
      },
    })
    const { lease = 0, ...others } = writes()
    expect(others).toEqual({
      'access review': expect.any(Number),
      'dry run of a restart': 1,
      restart: 1,
    })
    expect(lease).toBeGreaterThanOrEqual(3)
    expect(lease).toBeLessThanOrEqual(3 + Math.floor((performance.now() - beganAtMs) / LEASE_RENEW_MS))
    await cluster.lab.rolledOut('web')
  })

  test('a run that loses its lease restarts nothing more, and leaves the lease to its new holder', async () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/shop/leases/rollproof-web'
    const { error } = await smallRun({
      ...parts(),
      restarts: 3,
      onFact: ({ type }) => {
        if (type !== 'rollout.completed') return
        // At once: a request might come after the next restart.
        cluster.lab.store.mutate('leases.coordination.k8s.io', 'shop', 'rollproof-web', (lease) => {
          asApiObject(lease).spec.holderIdentity = 'run-thief'
        })
      },
    })
    expect(error).toMatchObject({
      code: 'LEASE_LOST',
      message: expect.stringContaining('run run-thief took it over'),
    })
    expect(writes()).toMatchObject({ restart: 1 })
    expect((await cluster.lab.call('GET', path)).body.spec.holderIdentity).toBe('run-thief')
  })

  test('a run on a Deployment that another run works on is refused, and restarts nothing', async () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/shop/leases/rollproof-web'
    const refused = smallRun(parts())
    const renewed = leaseRead().then(() => {
      const patch = { spec: { renewTime: '2026-01-01T00:00:00.000000Z' } }
      return cluster.lab.call('PATCH', path, patch, { 'content-type': 'application/merge-patch+json' })
    })
    await expect(refused).rejects.toThrow(
      expect.objectContaining({
        code: 'LEASE_HELD',
        message: expect.stringContaining('run run-thief is working on'),
      }),
    )
    await renewed
    expect(writes()).toEqual({ 'access review': expect.any(Number), 'dry run of a restart': 1 })
  })
})

/** Resolves when the proxy has passed on one more read of the lease. */
const leaseRead = async (): Promise<void> => {
  const reads = (): number =>
    proxy.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('/leases/rollproof-web'))
      .length
  const before = reads()
  await expect.poll(() => reads() > before, { interval: 50 }).toBe(true)
}
