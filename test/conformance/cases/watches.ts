import { expect, test } from 'vitest'
import type { ApiObject } from '../../support/api-object.ts'
import { startLabApi } from '../../support/lab-api.ts'
import { type Backend, plainApi } from '../backend.ts'
import { expectCode, pathOf } from '../objects.ts'

const MERGE = { 'content-type': 'application/merge-patch+json' }

/** A server, and where it no longer remembers version 1; `null` when there is no such place yet. */
interface Forgetful {
  readonly api: Pick<Backend, 'call' | 'watch'>
  readonly path: string | null
  stop(): Promise<void>
}

/**
 * A cluster forgets what lies some hundred changes and a minute back, kind by kind. The lab remembers 20,000 changes:
 * its API server is started once more with a short memory.
 */
const forgetful = async (backend: Backend): Promise<Forgetful> => {
  if (backend.kind === 'cluster') {
    for (const path of ['/apis/coordination.k8s.io/v1/leases', '/api/v1/pods', '/apis/apps/v1/deployments']) {
      const { body } = await backend.call('GET', `${path}?resourceVersion=1&watch=true&timeoutSeconds=1`)
      if (body?.type === 'ERROR') return { api: backend, path, stop: async () => {} }
    }
    return { api: backend, path: null, stop: async () => {} }
  }
  const server = await startLabApi({ historyLength: 10 })
  const api = plainApi(server.url)
  const path = '/api/v1/namespaces/default/configmaps'
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'busy' } }
  expectCode(await api.call('POST', path, object), 201)
  for (let step = 0; step < 30; step += 1)
    await api.call('PATCH', `${path}/busy`, { data: { step: String(step) } }, MERGE)
  return { api, path, stop: server.stop }
}

export const watchCases = (here: () => Backend): void => {
  const path = (name?: string): string => pathOf(here(), 'configmaps', name)
  const create = async (name: string, labels: object): Promise<ApiObject> =>
    expectCode(
      await here().call('POST', path(), {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, labels },
        data: { step: '0' },
      }),
      201,
    )
  const patch = async (name: string, body: object): Promise<ApiObject> =>
    expectCode(await here().call('PATCH', path(name), body, MERGE), 200)

  test.concurrent('a watch from a version tells exactly what came after it, in order', async () => {
    const made = await create('replay', { suite: 'replay' })
    await patch('replay', { data: { step: '1' } })
    await patch('replay', { data: { step: '2' } })
    expectCode(await here().call('DELETE', path('replay')), 200)
    const watch = await here().watch(
      `${path()}?labelSelector=suite%3Dreplay&resourceVersion=${made.metadata.resourceVersion}`,
    )
    await watch.next(({ type }) => type === 'DELETED')
    watch.stop()
    expect(watch.events.map(({ type, object }) => `${type} ${object.data.step}`)).toEqual([
      'MODIFIED 1',
      'MODIFIED 2',
      'DELETED 2',
    ])
    const versions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion))
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
    expect(new Set(versions).size).toBe(3)
  })

  test.concurrent('a watch without a version begins with what is there', async () => {
    await create('present', { suite: 'present' })
    const watch = await here().watch(`${path()}?labelSelector=suite%3Dpresent`)
    await watch.next(({ type }) => type === 'ADDED')
    await patch('present', { data: { step: '1' } })
    await watch.next(({ type }) => type === 'MODIFIED')
    watch.stop()
    expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED'])
  })

  test.concurrent('an object that leaves the selection is told as deleted, one that enters it as added', async () => {
    const watch = await here().watch(`${path()}?labelSelector=phase%3Din`)
    await create('selected', { phase: 'out' })
    await patch('selected', { metadata: { labels: { phase: 'in' } } })
    await patch('selected', { metadata: { labels: { phase: 'out' } } })
    await watch.next(({ type }) => type === 'DELETED')
    watch.stop()
    expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED'])
  })

  test.concurrent('a streamed list ends with a bookmark that says so', async () => {
    await create('streamed', { suite: 'streamed' })
    const watch = await here().watch(
      `${path()}?labelSelector=suite%3Dstreamed&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    )
    const { object } = await watch.next(({ type }) => type === 'BOOKMARK')
    watch.stop()
    expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK'])
    expect(object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(0)
    expect(object.kind).toBe('ConfigMap')
  })

  test.concurrent('a watch that allows bookmarks gets one before its time is over, and then ends', async () => {
    const { metadata } = await create('bookmarked', { suite: 'bookmarked' })
    const startedAtMs = Date.now()
    const watch = await here().watch(
      `${path()}?labelSelector=suite%3Dbookmarked&resourceVersion=${metadata.resourceVersion}&allowWatchBookmarks=true&timeoutSeconds=4`,
    )
    await watch.ended
    const lastedMs = Date.now() - startedAtMs
    expect(watch.events.map(({ type }) => type)).toContain('BOOKMARK')
    expect(Number(watch.events.at(-1)?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(
      Number(metadata.resourceVersion),
    )
    expect(lastedMs).toBeGreaterThan(3000)
    expect(lastedMs).toBeLessThan(10_000)
  })

  test.concurrent('without bookmarks none are sent', async () => {
    await create('plain', { suite: 'plain' })
    const watch = await here().watch(`${path()}?labelSelector=suite%3Dplain&timeoutSeconds=2`)
    await watch.ended
    expect(watch.events.map(({ type }) => type)).toEqual(['ADDED'])
  })

  test.concurrent('a version that is too old is an ERROR event with 410 in a stream that then ends', async ({
    skip,
  }) => {
    const { api, path: place, stop } = await forgetful(here())
    if (place === null) return skip('the cluster is so young that it still remembers everything')
    const watch = await api.watch(`${place}?resourceVersion=1`)
    await watch.ended
    await stop()
    expect(watch.events).toHaveLength(1)
    expect(watch.events[0]).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 },
    })
  })

  test.concurrent('a list at a version that is no number is refused', async () => {
    const { code, body } = await here().call('GET', `${path()}?resourceVersion=abc`)
    expect([code, body.reason]).toEqual([400, 'BadRequest'])
  })
}
