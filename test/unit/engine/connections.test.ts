import { createSocket } from 'node:dgram'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { expiredCertificate } from '../../../src/engine/self-test/certificate.ts'
import {
  closedLoad,
  engineConfig,
  factsOf,
  getRequest,
  openLoad,
  runEngine,
  runGenerator,
  startHttpServer,
} from '../../support/engine-runs.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()))
})

const startRaw = async (onConnection: (socket: Socket) => void): Promise<string> => {
  const server: Server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  cleanups.push(() => server.close())
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(address !== null && typeof address === 'object' ? address.port : 0)
    })
  })
  return `http://127.0.0.1:${port}/`
}

/** A DNS server (RFC 1035) that answers each A question with the next of `addresses`; none = NXDOMAIN. */
const startDns = async (ttlSeconds: number, addresses: readonly string[]) => {
  const socket = createSocket('udp4')
  let questions = 0
  socket.on('message', (query, { address, port }) => {
    const answer = addresses[questions++ % Math.max(1, addresses.length)]
    const question = query.subarray(12, query.indexOf(0, 12) + 5)
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(answer === undefined ? 0x8583 : 0x8580, 2)
    head.writeUInt16BE(answer === undefined ? 0 : 1, 6)
    head.writeUInt32BE(0, 8)
    const record = Buffer.from([
      0xc0,
      12,
      0,
      1,
      0,
      1,
      0,
      0,
      0,
      ttlSeconds,
      0,
      4,
      ...(answer ?? '').split('.').map(Number),
    ])
    socket.send(
      Buffer.concat([head, question, answer === undefined ? Buffer.alloc(0) : record]),
      port,
      address,
    )
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  cleanups.push(() => socket.close())
  return { resolver: `127.0.0.1:${socket.address().port}`, questions: () => questions }
}

test('with TTL 0 each new connection asks the resolver anew, and the row has the address it was given', async () => {
  const server = await startHttpServer((_request, response) => void response.end())
  cleanups.push(server.close)
  const dns = await startDns(0, ['127.0.0.1', '127.0.0.2'])
  const config = engineConfig(`http://web.shop:${server.port}/`, {
    target: { resolver: dns.resolver },
    load: closedLoad({ vus: 1, requests: 10, connections: { kind: 'fresh' } }),
  })
  const { rows } = await runEngine(config)
  expect(dns.questions()).toBe(10)
  expect(rows.map(({ remoteAddress }) => remoteAddress)).toEqual(
    Array.from({ length: 5 }, () => ['127.0.0.1', '127.0.0.2']).flat(),
  )
  expect(rows.map(({ kind }) => kind)).toEqual(
    Array.from({ length: 5 }, () => ['', 'connect-refused']).flat(),
  )
})

test('with a TTL the answer is kept; a name that is not there is dns', async () => {
  const server = await startHttpServer((_request, response) => void response.end())
  cleanups.push(server.close)
  const load = closedLoad({ vus: 1, requests: 10, connections: { kind: 'fresh' } })
  const url = `http://web.shop:${server.port}/`
  const kept = await startDns(60, ['127.0.0.1'])
  const { counts } = await runEngine(engineConfig(url, { load, target: { resolver: kept.resolver } }))
  expect(counts.ok).toBe(10)
  expect(kept.questions()).toBe(1)
  const nothing = await startDns(0, [])
  const failed = await runEngine(engineConfig(url, { load, target: { resolver: nothing.resolver } }))
  expect(failed.rows.every(({ kind, writtenUs }) => kind === 'dns' && writtenUs === -1)).toBe(true)
  expect(factsOf(failed.facts, 'request.failed')[0]?.failure).toMatchObject({
    code: 'ENOTFOUND',
    phase: 'connecting',
  })
})

test('a resolver that does not answer ends as dns at our deadline', async () => {
  const silent = createSocket('udp4')
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
  cleanups.push(() => silent.close())
  const config = engineConfig('http://web.shop/', {
    target: { resolver: `127.0.0.1:${silent.address().port}` },
    load: closedLoad({ vus: 3, requests: 3, timeoutMs: 200 }),
  })
  const { rows } = await runEngine(config)
  expect(rows.map(({ kind }) => kind)).toEqual(['dns', 'dns', 'dns'])
})

test('the name localhost is resolved by the machine', async () => {
  const server = await startHttpServer((_request, response) => void response.end())
  cleanups.push(server.close)
  const config = engineConfig(`http://localhost:${server.port}/`, { load: closedLoad({ requests: 20 }) })
  const { counts, rows } = await runEngine(config)
  expect(counts.ok).toBe(20)
  expect(new Set(rows.map(({ remoteAddress }) => remoteAddress))).toEqual(new Set(['127.0.0.1']))
})

test('a Keep-Alive hint of the server does not make the client close: only our own idle timeout does', async () => {
  const server = await startHttpServer((_request, response) => {
    response.setHeader('Keep-Alive', 'timeout=1')
    response.end()
  })
  cleanups.push(server.close)
  const load = closedLoad({ vus: 1, requests: 6, paceMs: 60 })
  const kept = await runEngine(engineConfig(server.url, { load }))
  expect(new Set(kept.rows.map(({ connectionId }) => connectionId)).size).toBe(1)
  expect(kept.rows.some(({ idleUs }) => idleUs > 30_000)).toBe(true)
  const impatient = closedLoad({ ...load, paceMs: 120, idleTimeoutMs: 20 })
  const { rows, counts } = await runEngine(engineConfig(server.url, { load: impatient }))
  const afterLongIdle = rows.filter(({ startUs }, i) => i > 0 && startUs - (rows[i - 1]?.endUs ?? 0) > 90_000)
  expect(afterLongIdle.length).toBeGreaterThan(0)
  expect(afterLongIdle.every(({ requestsOnConnection }) => requestsOnConnection === 0)).toBe(true)
  expect(counts.ok).toBe(6)
})

test('a body that ends with the connection is truncated when a reset ends it', async () => {
  const url = await startRaw((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhalf of it', () => {
        setTimeout(() => socket.resetAndDestroy(), 10)
      })
    })
  })
  const { rows } = await runEngine(engineConfig(url, { load: closedLoad({ vus: 1, requests: 3 }) }))
  expect(rows.map(({ kind, bytes }) => `${kind} ${bytes}`)).toEqual([
    'truncated 10',
    'truncated 10',
    'truncated 10',
  ])
})

test.each([
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx'],
  ['length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\nx'],
  ['a bad chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nx\r\n'],
  ['HTTP/0.9', '<html>hello</html>'],
  [
    'an upgrade nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  ],
  ['a 100 nobody asked for', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['100,000 header bytes too many', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(30_000)}\r\n`],
])('%s is a protocol failure, and the engine goes on', async (_name, bytes) => {
  let connections = 0
  const url = await startRaw((socket) => {
    const bad = ++connections % 2 === 1
    socket.on('data', () => {
      if (bad) socket.end(bytes)
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    })
  })
  const { rows, counts } = await runGenerator(
    engineConfig(url, { load: closedLoad({ vus: 1, requests: 3, timeoutMs: 2_000 }) }),
  )
  expect(rows.map(({ kind }) => kind)).toEqual(['protocol', '', ''])
  expect(counts).toMatchObject({ started: 3, ok: 2, failed: 1 })
})

test('over TLS the row has the port too; a certificate that is not valid passes only when told so', async () => {
  const ports: number[] = []
  const server = createHttpsServer(expiredCertificate('rollproof.invalid'), (request, response) => {
    ports.push(request.socket.remotePort ?? 0)
    response.end('ok')
  })
  cleanups.push(() => server.close())
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(address !== null && typeof address === 'object' ? address.port : 0)
    })
  })
  const load = closedLoad({ vus: 1, requests: 5 })
  const strict = await runEngine(engineConfig(`https://127.0.0.1:${port}/`, { load }))
  expect(strict.rows.every(({ kind, localPort }) => kind === 'tls' && localPort > 0)).toBe(true)
  const config = engineConfig(`https://127.0.0.1:${port}/`, { load, target: { insecure: true } })
  const { rows, counts } = await runEngine(config)
  expect(counts.ok).toBe(5)
  expect(rows.map(({ localPort }) => localPort)).toEqual(ports)
  expect(rows.map(({ requestsOnConnection }) => requestsOnConnection)).toEqual([0, 1, 2, 3, 4])
})

test('redirects are not followed, and count as ok unless a status is asked for', async () => {
  let asked = 0
  const server = await startHttpServer((_request, response) => {
    asked++
    response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end()
  })
  cleanups.push(server.close)
  const load = closedLoad({ vus: 1, requests: 2 })
  const { counts } = await runEngine(engineConfig(server.url, { load }))
  expect(counts.ok).toBe(2)
  const strict = [getRequest({ expect: { status: [200], bodyContains: null, bodySha256: null } })]
  const { rows } = await runEngine(engineConfig(server.url, { load, requests: strict }))
  expect(rows.map(({ kind, status }) => `${kind} ${status}`)).toEqual(['status 302', 'status 302'])
  expect(asked).toBe(4)
})

/** Answers after 60 ms, in a thread of its own, so that it goes on while the test's thread stands still. */
const SLOW_SERVER = `
const { createServer } = require('node:http')
const { parentPort } = require('node:worker_threads')
const server = createServer((request, response) => setTimeout(() => response.end('ok'), 60))
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

test('a stall of our own loop is told and costs no request, whatever phase the requests were in', async () => {
  const thread = new Worker(SLOW_SERVER, { eval: true })
  cleanups.push(() => thread.terminate())
  const port = await new Promise<number>((resolve) => thread.once('message', resolve))
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const stall = (ms: number) => void Atomics.wait(gate, 0, 0, ms)
  const config = engineConfig(`http://127.0.0.1:${port}/`, {
    load: closedLoad({
      vus: 40,
      paceMs: 7,
      durationMs: 4_000,
      // Shorter than the stall, and far longer than the server takes on a busy machine.
      timeoutMs: 1_000,
      connections: { kind: 'mixed', freshRatio: 0.3 },
    }),
    limits: { stallMs: 100 },
  })
  const timer = setInterval(() => stall(1_200), 1_700)
  const { counts, facts } = await runGenerator(config)
  clearInterval(timer)
  expect(counts.failed).toBe(0)
  expect(counts.ok).toBeGreaterThan(300)
  const stalls = factsOf(facts, 'loop.stalled')
  // A busy machine may add shorter ones of its own.
  expect(stalls.filter(({ durationMs }) => durationMs >= 1_190).length).toBeGreaterThanOrEqual(2)
  for (const { durationMs, thread: name } of stalls) {
    expect(name).toBe('engine-0')
    expect(durationMs).toBeGreaterThanOrEqual(100)
  }
})

test.each([
  // Arrivals come whatever happens.
  ['an open load', openLoad({ ratePerSec: 100, durationMs: 500, maxVus: 200 }), 50, 50],
  // A user whom the machine holds up misses a start, and does not make up for it.
  ['a closed load', closedLoad({ vus: 10, paceMs: 250, durationMs: 500 }), 10, 20],
])(
  'a stall over the end of %s loses no arrival that was due, and adds none',
  async (_, load, least, most) => {
    const server = await startHttpServer((_request, response) => void response.end())
    cleanups.push(server.close)
    const gate = new Int32Array(new SharedArrayBuffer(4))
    const timer = setTimeout(() => void Atomics.wait(gate, 0, 0, 600), 400)
    const { counts } = await runGenerator(engineConfig(server.url, { load }))
    clearTimeout(timer)
    expect(counts).toMatchObject({ started: counts.planned, ok: counts.planned, dropped: 0 })
    expect(counts.planned).toBeGreaterThanOrEqual(least)
    expect(counts.planned).toBeLessThanOrEqual(most)
  },
)
