import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabApi, openWatch, startLabApi } from '../../support/lab-api.ts'
import { webDeployment } from '../../support/lab-objects.ts'

let lab: LabApi
const MAPS = '/api/v1/namespaces/shop/configmaps'
const configMap = (name: string, labels: Record<string, string> = {}, data = {}) => ({
  metadata: { name, labels },
  data,
})

beforeAll(async () => {
  lab = await startLabApi({ bookmarkIntervalMs: 50 })
})
afterAll(() => lab.stop())

test('a watch from a version sends what came after it, in order', async () => {
  await lab.call('POST', MAPS, configMap('before'))
  const { body } = await lab.call('GET', MAPS)
  await lab.call('POST', MAPS, configMap('a'))
  await lab.call(
    'PATCH',
    `${MAPS}/a`,
    { data: { x: '1' } },
    { 'content-type': 'application/merge-patch+json' },
  )
  const watch = await openWatch(
    lab.url,
    `${MAPS}?watch=true&resourceVersion=${body.metadata.resourceVersion}`,
  )
  await lab.call('DELETE', `${MAPS}/a`)
  await watch.next(({ type }) => type === 'DELETED')
  expect(watch.events.map(({ type, object }) => [type, object.metadata.name])).toEqual([
    ['ADDED', 'a'],
    ['MODIFIED', 'a'],
    ['DELETED', 'a'],
  ])
  const versions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion))
  expect(versions).toEqual([...versions].sort((a, b) => a - b))
  watch.stop()
})

test('a watch without a version starts with what is there', async () => {
  const watch = await openWatch(lab.url, `${MAPS}?watch=1&fieldSelector=metadata.name%3Dbefore`)
  expect((await watch.next(() => true)).type).toBe('ADDED')
  watch.stop()
})

test('an object that leaves the selection is DELETED for that watch, one that enters is ADDED', async () => {
  const watch = await openWatch(lab.url, `${MAPS}?watch=true&labelSelector=on%3Dyes`)
  await lab.call('POST', MAPS, configMap('fickle', { on: 'no' }))
  const label = (on: string) =>
    lab.call(
      'PATCH',
      `${MAPS}/fickle`,
      { metadata: { labels: { on } } },
      { 'content-type': 'application/merge-patch+json' },
    )
  await label('yes')
  await label('no')
  await watch.next(({ type }) => type === 'DELETED')
  expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED'])
  watch.stop()
})

test('bookmarks come only when they are asked for, with the latest version', async () => {
  const query = `${MAPS}?watch=true&resourceVersion=${lab.store.resourceVersion}`
  const watch = await openWatch(lab.url, `${query}&allowWatchBookmarks=true`)
  const version = lab.store.resourceVersion
  const { object } = await watch.next(({ type }) => type === 'BOOKMARK')
  expect(object).toMatchObject({ kind: 'ConfigMap', metadata: { resourceVersion: String(version) } })
  watch.stop()
})

test('a watch list ends its initial events with a marked bookmark', async () => {
  const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const watch = await openWatch(lab.url, `${MAPS}?${query}`)
  const { object } = await watch.next(({ type }) => type === 'BOOKMARK')
  expect(object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
  expect(watch.events[0]?.type).toBe('ADDED')
  watch.stop()
})

test('timeoutSeconds ends a watch in order', async () => {
  const watch = await openWatch(
    lab.url,
    `${MAPS}?watch=true&timeoutSeconds=1&resourceVersion=${lab.store.resourceVersion}`,
  )
  await expect(watch.ended).resolves.toBeUndefined()
})

test('a version that is gone is an ERROR event with 410', async () => {
  const small = await startLabApi({ historyLength: 5 })
  for (let i = 0; i < 20; i++) await small.call('POST', MAPS, configMap(`c${i}`))
  const watch = await openWatch(small.url, `${MAPS}?watch=true&resourceVersion=2`)
  await watch.ended
  expect(watch.events).toMatchObject([
    { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
  ])
  await small.stop()
})

test('rows of a watched table name their columns once', async () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  const watch = await openWatch(lab.url, `${MAPS}?watch=true`, { accept })
  await lab.call('POST', MAPS, configMap('row'))
  await watch.next(({ object }) => object.rows[0]?.cells[0] === 'row')
  const [first, ...later] = watch.events.map(({ object }) => object.columnDefinitions)
  expect(first).toHaveLength(3)
  expect(later.every((definitions) => definitions === null)).toBe(true)
  watch.stop()
})

test('dropped watches break, held ones fall silent', async () => {
  const dropped = await openWatch(lab.url, `${MAPS}?watch=true`)
  await dropped.next(() => true)
  expect(lab.dropWatches()).toBeGreaterThan(0)
  await expect(dropped.ended).rejects.toThrow()
  const held = await openWatch(lab.url, `${MAPS}?watch=true&resourceVersion=${lab.store.resourceVersion}`)
  lab.holdWatches(true)
  await lab.call('POST', MAPS, configMap('unseen'))
  lab.holdWatches(false)
  await lab.call('POST', MAPS, configMap('seen'))
  await held.next(({ object }) => object.metadata.name === 'seen')
  expect(held.events).toHaveLength(1)
  held.stop()
})

test('a rollout is seen on all watches, each event no later after its change than an answer takes', async () => {
  await lab.call('POST', '/apis/apps/v1/namespaces/shop/deployments', webDeployment())
  const changedAtMs = new Map<string, number>()
  lab.store.subscribe(({ resource, object }) => {
    if (resource === 'pods') changedAtMs.set(object.metadata.resourceVersion ?? '', performance.now())
  })
  const watch = await openWatch(lab.url, '/api/v1/namespaces/shop/pods?watch=true')
  const delays: number[] = []
  const seen = new Set<string>()
  const settled = lab.rolledOut('web')
  // What an answer of this server takes on this machine at this moment.
  let slowestMs = 0
  let rolling = true
  const asking = (async () => {
    while (rolling) {
      const startMs = performance.now()
      await lab.call('GET', '/version')
      slowestMs = Math.max(slowestMs, performance.now() - startMs)
    }
  })()
  while (delays.length < 9) {
    const { object } = await watch.next((event) => !seen.has(event.object.metadata.resourceVersion))
    seen.add(object.metadata.resourceVersion)
    const atMs = changedAtMs.get(object.metadata.resourceVersion)
    if (atMs !== undefined) delays.push(performance.now() - atMs)
  }
  await settled
  delays.sort((a, b) => a - b)
  rolling = false
  await asking
  expect(delays[Math.floor(delays.length / 2)]).toBeLessThan(20 + slowestMs)
  watch.stop()
})
