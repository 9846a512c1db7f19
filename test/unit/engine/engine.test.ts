import { afterEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../../src/engine/engine-config.ts'
import type { ConnectionProfile } from '../../../src/model/scenario.ts'
import {
  booksBalance,
  closedLoad,
  engineConfig,
  factsOf,
  getRequest,
  openLoad,
  runEngine,
  startHttpServer,
  type TestServer,
} from '../../support/engine-runs.ts'

const servers: TestServer[] = []
const start = async (...args: Parameters<typeof startHttpServer>): Promise<TestServer> => {
  const server = await startHttpServer(...args)
  servers.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

describe('requests: N over all users', () => {
  const profiles: ConnectionProfile[] = [
    { kind: 'keep-alive' },
    { kind: 'fresh' },
    { kind: 'mixed', freshRatio: 0.2 },
    { kind: 'pool' },
  ]
  test.each(profiles)(
    'reaches the server exactly N times, each with an id of its own: %o',
    async (connections) => {
      const ids: string[] = []
      const server = await start((request, response) => {
        ids.push(request.headers['x-request-id'] as string)
        response.setHeader('X-Pod', 'web-1')
        response.end('hello')
      })
      const load = closedLoad({ vus: 10, requests: 1_500, connections })
      const { counts, rows, facts } = await runEngine(engineConfig(server.url, { load, workers: 2 }))
      expect(counts).toEqual({
        planned: 1500,
        started: 1500,
        ok: 1500,
        failed: 0,
        cut: 0,
        dropped: 0,
        late: 0,
      })
      expect(ids).toHaveLength(1500)
      expect(new Set(ids)).toEqual(new Set(rows.map(({ requestId }) => `run7-${requestId}`)))
      expect(new Set(rows.map(({ worker }) => worker))).toEqual(new Set([0, 1]))
      expect(facts.filter(({ type }) => type !== 'loop.stalled')).toEqual([])
      const first = rows.filter(({ requestsOnConnection }) => requestsOnConnection === 0).length
      const connectionsMade = new Set(rows.map(({ connectionId }) => connectionId)).size
      expect(connectionsMade).toBe(first)
      if (connections.kind === 'keep-alive') expect(connectionsMade).toBe(10)
      if (connections.kind === 'pool') expect(connectionsMade).toBeLessThanOrEqual(10)
      if (connections.kind === 'fresh') expect(connectionsMade).toBe(1500)
      if (connections.kind === 'mixed') {
        expect(connectionsMade).toBeGreaterThan(200)
        expect(connectionsMade).toBeLessThan(400)
      }
    },
  )

  test('each row tells the times of its request in order, its port, address and pod', async () => {
    const ports = new Map<string, number>()
    const server = await start((request, response) => {
      ports.set(request.headers['x-request-id'] as string, request.socket.remotePort ?? 0)
      response.setHeader('x-pod', 'web-1')
      response.end('hello')
    })
    const { rows } = await runEngine(engineConfig(server.url, { load: closedLoad({ vus: 3, requests: 60 }) }))
    for (const row of rows) {
      const times = [row.intendedUs, row.startUs, row.writtenUs, row.firstByteUs, row.endUs]
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(times.every(Number.isInteger)).toBe(true)
      expect(row.connectedUs).toBeLessThanOrEqual(row.writtenUs)
      expect(row).toMatchObject({
        remoteAddress: '127.0.0.1',
        pod: 'web-1',
        status: 200,
        bytes: 5,
        phase: 'steady',
      })
      expect(row.localPort).toBe(ports.get(`run7-${row.requestId}`))
      expect(row.idleUs >= 0).toBe(row.requestsOnConnection > 0)
    }
  })
})

test('templates are picked by weight, with their method, headers, body and path below the target', async () => {
  const seen: string[] = []
  const server = await start((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${request.headers['x-kind']} ${body}`)
      response.statusCode = request.method === 'POST' ? 201 : 200
      response.end()
    })
  })
  const requests = [
    getRequest({ name: 'read', weight: 3, path: '/items?a=1', headers: { 'X-Kind': 'r' } }),
    getRequest({
      name: 'write',
      weight: 1,
      method: 'POST',
      path: '/items',
      headers: { 'X-Kind': 'w', 'content-type': 'text/plain' },
      body: 'täst',
      expect: { status: [201], bodyContains: null, bodySha256: null },
    }),
  ]
  const config = engineConfig(`${server.url}shop/`, { requests, load: closedLoad({ requests: 400 }) })
  const { counts, rows } = await runEngine(config)
  expect(counts.ok).toBe(400)
  const writes = rows.filter(({ template }) => template === 'write').length
  expect(writes).toBeGreaterThan(60)
  expect(writes).toBeLessThan(140)
  expect(new Set(seen)).toEqual(new Set(['GET /shop/items?a=1 r ', 'POST /shop/items w täst']))
})

test('a pace is kept from start to start, on the plan, and spread over the users', async () => {
  const server = await start((_request, response) => void response.end())
  const load = closedLoad({ vus: 10, paceMs: 200, durationMs: 2_000 })
  const { counts, rows, windows } = await runEngine(engineConfig(server.url, { load }))
  // A stall of this machine may swallow a slot; it is never made up for.
  expect(counts.ok).toBeGreaterThan(50)
  expect(counts.ok).toBeLessThanOrEqual(100)
  const gaps = Array.from({ length: 10 }, (_, user) => {
    const due = rows.filter(({ vu }) => vu === user).map(({ intendedUs }) => intendedUs)
    return due.slice(1).map((us, i) => Math.round((us - (due[i] ?? 0)) / 1000))
  }).flat()
  expect(gaps.length).toBeGreaterThan(40)
  expect(gaps.filter((ms) => ms === 200).length).toBeGreaterThan(gaps.length / 2)
  expect(rows.every(({ startUs, intendedUs }) => startUs >= intendedUs)).toBe(true)
  expect(windows.reduce((sum, { started }) => sum + started, 0)).toBe(counts.started)
  expect(windows.at(-1)).toMatchObject({ inFlight: 0, plannedPerSec: 50 })
})

test('an open load starts its arrivals on schedule whether or not answers come, and counts what it must drop', async () => {
  const server = await start(() => {})
  const load = openLoad({ ratePerSec: 200, maxVus: 30, durationMs: 500, timeoutMs: 3_000 })
  const { counts, facts } = await runEngine(engineConfig(server.url, { load }))
  expect(counts).toMatchObject({ planned: 100, started: 30, dropped: 70, cut: 0, ok: 0, failed: 30 })
  expect(booksBalance(counts)).toBe(true)
  const saturated = factsOf(facts, 'engine.saturated')
  expect(saturated.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(70)
})

test('an open load of N requests ends by itself, over two threads', async () => {
  const server = await start((_request, response) => void response.end())
  const load = openLoad({ ratePerSec: 500, requests: 251, maxVus: 251 })
  const { counts, rows } = await runEngine(engineConfig(server.url, { load, workers: 2 }))
  expect(counts).toMatchObject({ planned: 251, started: 251, ok: 251, dropped: 0 })
  const starts = rows.map(({ intendedUs }) => intendedUs).sort((a, b) => a - b)
  expect(((starts.at(-1) ?? 0) - (starts[0] ?? 0)) / 1000).toBeCloseTo(500, 0)
})

test('rows that start after enter() carry its phase and rollout', async () => {
  let count = 0
  let engine: Engine | null = null
  const server = await start((_request, response) => {
    count++
    if (count === 20) engine?.enter('rollout', 2)
    if (count === 40) engine?.enter('settle', 2)
    if (count === 60) void engine?.stop()
    response.end()
  })
  const load = closedLoad({ vus: 2, paceMs: 5 })
  const { rows } = await runEngine(engineConfig(server.url, { load, phase: 'baseline' }), (started) => {
    engine = started
  })
  const order = rows
    .toSorted((a, b) => a.startUs - b.startUs)
    .map(({ phase, rollout }) => `${phase} ${rollout}`)
    .filter((tag, i, all) => tag !== all[i - 1])
  expect(order).toEqual(['baseline 0', 'rollout 2', 'settle 2'])
})

test('stop() starts nothing new, lets answers in flight come, and cuts the rest', async () => {
  let count = 0
  let engine: Engine | null = null
  const server = await start((request, response) => {
    if (++count === 100) void engine?.stop(2_000)
    if (request.url === '/slow') return
    setTimeout(() => response.end(), 50)
  })
  const requests = [
    getRequest({ name: 'quick', path: '/quick', weight: 9 }),
    getRequest({ name: 'slow', path: '/slow' }),
  ]
  const load = closedLoad({ vus: 40 })
  const { counts, rows } = await runEngine(engineConfig(server.url, { load, requests }), (started) => {
    engine = started
  })
  expect(booksBalance(counts)).toBe(true)
  expect(counts.failed).toBe(0)
  expect(counts.cut).toBeGreaterThan(0)
  expect(
    rows
      .filter(({ outcome }) => outcome === 'cut')
      .every(({ template, kind }) => template === 'slow' && kind === ''),
  ).toBe(true)
  expect(rows.filter(({ template }) => template === 'quick').every(({ outcome }) => outcome === 'ok')).toBe(
    true,
  )
})

test('at the end of a duration a request in flight still meets its own deadline: no failure is lost', async () => {
  const server = await start(() => {})
  const load = closedLoad({ vus: 3, durationMs: 100, timeoutMs: 300 })
  const { counts, rows } = await runEngine(engineConfig(server.url, { load }))
  expect(counts).toMatchObject({ started: 3, failed: 3, cut: 0 })
  for (const row of rows) {
    expect(row.kind).toBe('timeout')
    expect((row.endUs - row.startUs) / 1000).toBeGreaterThanOrEqual(300)
    expect((row.endUs - row.startUs) / 1000).toBeLessThan(5_000)
  }
})

test('a failure is told with all that was seen, and a reused connection that is cut names its last pod', async () => {
  let count = 0
  const server = await start((request, response) => {
    count++
    if (count === 3) request.socket.resetAndDestroy()
    else response.setHeader('X-Pod', 'web-7').end()
  })
  const config = engineConfig(server.url, {
    load: closedLoad({ vus: 1, requests: 4 }),
    probes: { twinPerSec: 5 },
  })
  const { counts, facts, rows } = await runEngine(config)
  expect(counts).toMatchObject({ ok: 3, failed: 1 })
  expect(count).toBe(5)
  const [failed] = factsOf(facts, 'request.failed')
  expect(failed).toMatchObject({
    source: 'vuser',
    pod: 'web-7',
    requestsOnConnection: 2,
    remoteAddress: '127.0.0.1',
    firstByteAtMs: null,
    failure: { kind: 'reset', phase: 'written', code: 'ECONNRESET', syscall: 'read', status: null },
  })
  const [twin] = factsOf(facts, 'twin.finished')
  expect(twin).toMatchObject({ requestId: failed?.requestId, outcome: 'ok', pod: 'web-7' })
  expect(rows.filter(({ source }) => source === 'twin')).toHaveLength(1)
  expect(counts.started).toBe(4)
})

test('a refused connect keeps its local port, and costs the load nothing', async () => {
  const server = await start(() => {})
  await servers.pop()?.close()
  const { counts, rows } = await runEngine(engineConfig(server.url, { load: closedLoad({ requests: 50 }) }))
  expect(counts).toMatchObject({ started: 50, failed: 50 })
  expect(
    rows.every((row) => row.kind === 'connect-refused' && row.localPort > 0 && row.writtenUs === -1),
  ).toBe(true)
})

test('probes run beside the users without entering their books, and tell when a path fails and recovers', async () => {
  let count = 0
  const server = await start((request, response) => {
    const probe = request.headers['x-request-id'] !== undefined && ++count > 8 && count <= 24
    if (probe) request.socket.resetAndDestroy()
    else response.end()
  })
  const config = engineConfig(server.url, {
    load: closedLoad({ vus: 1, paceMs: 100_000, durationMs: 2_000 }),
    probes: { freshPerSec: 20, reusedPerSec: 20, controlPerSec: 20 },
    target: { control: 'http://127.0.0.1:1/' },
  })
  const { counts, rows, facts } = await runEngine(config)
  expect(counts.started).toBe(1)
  const of = (source: string) => rows.filter((row) => row.source === source)
  expect(of('fresh').length).toBeGreaterThan(8)
  expect(of('fresh').every(({ requestsOnConnection }) => requestsOnConnection === 0)).toBe(true)
  expect(of('reused').some(({ requestsOnConnection }) => requestsOnConnection > 0)).toBe(true)
  expect(
    factsOf(facts, 'probe.failed')
      .map(({ path }) => path)
      .sort(),
  ).toEqual(['fresh', 'reused'])
  expect(
    factsOf(facts, 'probe.recovered')
      .map(({ path }) => path)
      .sort(),
  ).toEqual(['fresh', 'reused'])
  const controls = factsOf(facts, 'control.failed')
  expect(controls.length).toBeGreaterThan(8)
  expect(controls.every(({ control, kind }) => control === 'url' && kind === 'connect-refused')).toBe(true)
  expect(
    of('control').filter(({ template, outcome }) => template === 'loopback' && outcome === 'ok').length,
  ).toBeGreaterThan(8)
})

test('a thread that dies by itself ends the engine with ENGINE_FAILED', async () => {
  const server = await start((_request, response) => void response.end())
  const { createEngine } = await import('../../../src/engine/engine.ts')
  const config = engineConfig(server.url, { load: closedLoad() })
  const hooks = { onFact: () => {}, onColumns: () => {} }
  const dying = new URL('data:text/javascript,process.exit(3)')
  const engine = createEngine(config, hooks, dying)
  await expect(engine.start()).rejects.toMatchObject({ code: 'ENGINE_FAILED' })
  await expect(engine.done).rejects.toMatchObject({ code: 'ENGINE_FAILED' })
})

test('a thread that dies in the middle of the load ends the engine with ENGINE_FAILED and why', async () => {
  const { createEngine } = await import('../../../src/engine/engine.ts')
  const dying = `import { parentPort } from 'node:worker_threads'
    parentPort.on('message', () => { throw new Error('broken on purpose') })
    parentPort.postMessage({ type: 'ready' })`
  const engine = createEngine(
    engineConfig('http://127.0.0.1:1/', { workers: 2 }),
    { onFact: () => {}, onColumns: () => {} },
    new URL(`data:text/javascript,${encodeURIComponent(dying)}`),
  )
  await engine.start()
  await expect(engine.done).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: /broken on purpose/ })
  await expect(engine.stop()).rejects.toMatchObject({ code: 'ENGINE_FAILED' })
})

test('an engine that was never started stops with empty books', async () => {
  const { createEngine } = await import('../../../src/engine/engine.ts')
  const engine = createEngine(engineConfig('http://127.0.0.1:1/'), { onFact: () => {}, onColumns: () => {} })
  expect(await engine.stop()).toMatchObject({ planned: 0, started: 0 })
})

test('a header that the engine decides, or that no header can be, is refused before anything is sent', () => {
  const config = (headers: Record<string, string>) =>
    runEngine(engineConfig('http://127.0.0.1:1/', { requests: [getRequest({ headers })] }))
  return Promise.all([
    expect(config({ Connection: 'close' })).rejects.toMatchObject({ code: 'SCENARIO_INVALID' }),
    expect(config({ 'bad name': 'x' })).rejects.toMatchObject({ code: 'SCENARIO_INVALID' }),
    expect(config({ good: 'a\r\nb' })).rejects.toMatchObject({ code: 'SCENARIO_INVALID' }),
  ])
})
