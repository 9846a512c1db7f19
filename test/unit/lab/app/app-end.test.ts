import { Agent, createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../../src/kernel/clock.ts'
import { seededRandom } from '../../../../src/kernel/random.ts'
import { appEnvironment, readAppSettings } from '../../../../src/lab/app/app-config.ts'
import { endApp } from '../../../../src/lab/app/app-end.ts'
import { type AppServer, createAppServer } from '../../../../src/lab/app/app-server.ts'
import type { LabAppConfig } from '../../../../src/lab/lab-config.ts'
import type { TruthLine } from '../../../../src/lab/truth/truth-log.ts'
import { LAB_DEFAULTS } from '../../../../src/scenario/defaults.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const setUp = async (habits: Partial<LabAppConfig>) => {
  const app = {
    ...LAB_DEFAULTS.app,
    workMs: 0,
    jitterMs: 0,
    startupMs: 0,
    readyMs: 0,
    drainMs: 0,
    ...habits,
  }
  const { settings } = readAppSettings({ ...appEnvironment(app), POD_NAME: 'web-1', HOST: '127.0.0.1' })
  const truth: TruthLine[] = []
  const served: AppServer = createAppServer({
    http: { createServer },
    clock: systemClock,
    random: seededRandom(1),
    settings,
    table: null,
    truth: { write: (line) => truth.push(line), close: () => {} },
  })
  served.setReady()
  const sockets = new Set<Socket>()
  served.server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((done) => served.server.listen(0, '127.0.0.1', () => done()))
  const { port } = served.server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  // A process that exits takes its sockets with it.
  const die = (): void => {
    served.server.close()
    for (const socket of sockets) socket.destroy()
    agent.destroy()
  }
  closers.push(die)
  let exitCode: number | null = null
  const ended = (): Promise<void> =>
    endApp({
      clock: systemClock,
      settings,
      app: served,
      freezeMs: () => {},
      tellListenerClosed: () => {},
      exit: (code) => {
        exitCode = code
        for (const socket of sockets) socket.destroy()
      },
    })
  const get = (path = '/', id = 'run-1', kept: Agent | false = agent): Promise<Answer> =>
    new Promise((done, fail) => {
      const headers = { 'X-Request-Id': id }
      const outgoing = request({ host: '127.0.0.1', port, path, agent: kept, headers }, (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString()
        })
        response.on('error', fail)
        response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body }))
      })
      outgoing.on('error', fail)
      outgoing.end()
    })
  const isOpen = (): Promise<boolean> =>
    new Promise((done) => {
      const socket = connect({ host: '127.0.0.1', port })
      socket.once('connect', () => {
        socket.destroy()
        done(true)
      })
      socket.once('error', () => done(false))
    })
  return { served, truth, ended, get, isOpen, exitCode: () => exitCode }
}

test('an answer names the pod, its version and the request', async () => {
  const { get } = await setUp({})
  const { status, headers, body } = await get('/some?x=1')
  expect(status).toBe(200)
  expect(headers).toMatchObject({ 'x-pod': 'web-1', 'x-version': '1', 'x-request-id': 'run-1' })
  expect(JSON.parse(body)).toMatchObject({ pod: 'web-1', path: '/some', draining: false })
  expect((await get('/bytes?n=100000')).body).toHaveLength(100_000)
})

test('graceful: while draining it serves with Connection: close and is not ready, then it ends with 0', async () => {
  const { served, ended, get, isOpen, exitCode } = await setUp({
    onSigterm: 'graceful',
    drainMs: 1000,
    drainClose: true,
  })
  const slow = get('/slow?ms=1500')
  await expect.poll(() => served.connections.inFlight).toBe(1)
  const end = ended()
  expect((await get('/readyz', 'probe', false)).status).toBe(503)
  expect(await get('/', 'run-2', false)).toMatchObject({ status: 200, headers: { connection: 'close' } })
  expect(await slow).toMatchObject({ status: 200, headers: { connection: 'close' } })
  await end
  expect(exitCode()).toBe(0)
  expect(await isOpen()).toBe(false)
})

test('graceful: a request longer than the drain timeout is dropped with the process', async () => {
  const { served, ended, get, exitCode } = await setUp({ onSigterm: 'graceful', drainTimeoutMs: 50 })
  const slow = get('/slow?ms=5000').catch((error: Error) => error.message)
  await expect.poll(() => served.connections.inFlight).toBe(1)
  await ended()
  expect(exitCode()).toBe(0)
  expect(await slow).toBe('socket hang up')
})

test('abrupt: the process ends at once with its requests in flight', async () => {
  const { served, ended, get, exitCode } = await setUp({ onSigterm: 'abrupt' })
  const slow = get('/slow?ms=5000').catch((error: Error) => error.message)
  await expect.poll(() => served.connections.inFlight).toBe(1)
  await ended()
  expect(exitCode()).toBe(143)
  expect(await slow).toBe('socket hang up')
})

test('abrupt with cut answers: the client gets the head and a part of the body', async () => {
  const { served, ended, get } = await setUp({ onSigterm: 'abrupt', truncateRatio: 1 })
  const slow = get('/slow?ms=5000').catch((error: Error) => error.message)
  await expect.poll(() => served.connections.inFlight).toBe(1)
  await ended()
  expect(await slow).toBe('aborted')
})

test('close-listener: new connections are refused while the request in flight is finished', async () => {
  const { served, ended, get, isOpen, exitCode } = await setUp({ onSigterm: 'close-listener' })
  const slow = get('/slow?ms=200')
  await expect.poll(() => served.connections.inFlight).toBe(1)
  const end = ended()
  expect(await isOpen()).toBe(false)
  expect(await slow).toMatchObject({ status: 200 })
  await end
  expect(exitCode()).toBe(0)
})

test('tomcat: what comes on a kept-alive connection is dropped unanswered and told as A6', async () => {
  const { served, ended, get, truth, exitCode } = await setUp({ onSigterm: 'tomcat' })
  await get()
  const end = ended()
  await expect(get('/', 'run-2')).rejects.toThrow('socket hang up')
  await end
  expect(exitCode()).toBe(143)
  expect(served.connections.inFlight).toBe(0)
  expect(truth).toMatchObject([{ requestId: 'run-2', cause: 'A6', pod: 'web-1' }])
})

test('ignore: nothing happens', async () => {
  const { ended, get, exitCode } = await setUp({ onSigterm: 'ignore' })
  await ended()
  expect(exitCode()).toBeNull()
  expect((await get()).status).toBe(200)
})

test('503 while draining is told as A10', async () => {
  const { served, get, truth } = await setUp({ drain503: true })
  served.setDraining()
  expect((await get()).status).toBe(503)
  expect(truth).toMatchObject([{ requestId: 'run-1', cause: 'A10' }])
})

test('an idle connection is closed after its keep-alive time and told as D1', async () => {
  const { get, truth } = await setUp({ keepAliveMs: 50, closeRaceMs: 0 })
  await get()
  await expect.poll(() => truth).toMatchObject([{ requestId: null, cause: 'D1' }])
})
