import {
  type Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../../src/kernel/clock.ts'
import { startAlbHere } from '../../../../src/lab/paths/alb-balancer.ts'
import type { AlbStart, FromAlb } from '../../../../src/lab/paths/alb-messages.ts'
import { ALB_DEFAULTS, type AlbSettings } from '../../../../src/lab/sim/alb/settings.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

type Answer = (incoming: IncomingMessage, response: ServerResponse) => void

const listen = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((done, fail) => {
    server.once('error', fail)
    server.listen({ host, port }, () => {
      closers.push(() => {
        server.close()
        server.closeAllConnections()
      })
      done((server.address() as AddressInfo).port)
    })
  })

const HOST = '127.9.2.91'
const API = '127.9.2.90'
/** At the time scale of 0.01 a busy machine would meet the times that a test is not about: 12 s, 1 s and 30 s here. */
const PATIENT = { idleTimeoutSeconds: 1200, healthCheckTimeoutSeconds: 100, deregistrationDelaySeconds: 3000 }

/** A load balancer of one node before pods that answer as given, one for each address; what it tells is kept. */
const setUp = async (
  pods: Readonly<Record<string, Answer>>,
  { settings = {}, start = {} }: { settings?: Partial<AlbSettings>; start?: Partial<AlbStart> } = {},
) => {
  let port = 0
  for (const [host, answer] of Object.entries(pods)) port = await listen(createServer(answer), host, port)
  const told: FromAlb[] = []
  const waiting: { readonly until: (message: FromAlb) => boolean; readonly done: () => void }[] = []
  const alb = await startAlbHere(
    {
      hosts: [HOST],
      apiHost: API,
      port,
      control: { address: '127.9.2.2', pod: 'control' },
      nobody: '127.9.2.254',
      propagationMs: 0,
      jitterMs: 0,
      registrationMs: 0,
      connectTimeoutMs: 10_000,
      timeScale: 0.01,
      seed: 1,
      ...start,
    },
    systemClock,
    (message) => {
      told.push(message)
      for (const wait of waiting) if (wait.until(message)) wait.done()
    },
  )
  closers.push(alb.close)
  alb.take({ type: 'configure', settings: { ...ALB_DEFAULTS, ...PATIENT, ...settings } })
  const tells = (until: (message: FromAlb) => boolean): Promise<void> =>
    new Promise((done) => {
      waiting.push({ until, done })
      if (told.some(until)) done()
    })
  const reaches = (id: string, state: string): Promise<void> =>
    tells((message) => message.type === 'health' && message.id === id && message.health.state === state)
  const register = async (...ids: string[]): Promise<void> => {
    alb.take({ type: 'register', targets: ids.map((id) => ({ id, pod: `pod-${id}` })) })
    await Promise.all(ids.map((id) => reaches(id, 'healthy')))
  }
  return { alb, port, told, tells, reaches, register }
}

interface Got {
  readonly status: number
  readonly server: string | string[] | undefined
  readonly pod: string | string[] | undefined
  readonly body: string
}

const ask = (port: number, path = '/', host = HOST, agent: Agent | false = false): Promise<Got> =>
  new Promise((done, fail) => {
    const outgoing = request(
      { host, port, path, agent, headers: { 'X-Request-Id': 'run-1' } },
      (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString()
        })
        response.once('end', () =>
          done({
            status: response.statusCode ?? 0,
            server: response.headers.server,
            pod: response.headers['x-pod'],
            body,
          }),
        )
      },
    )
    outgoing.on('error', fail)
    outgoing.end()
  })

const good =
  (name: string): Answer =>
  (_, response) =>
    response.writeHead(200, { 'X-Pod': name }).end('ok')

test('without a target it answers 503 by its own name, and says so to the lab', async () => {
  const { port, told } = await setUp({ '127.9.2.101': good('a') })
  expect(await ask(port)).toMatchObject({ status: 503, server: 'awselb/2.0' })
  expect(told.filter(({ type }) => type === 'request-failed')).toMatchObject([
    { requestId: 'run-1', status: 503, tries: [], proxyAddress: HOST },
  ])
})

test('healthy targets take turns; DescribeTargetHealth tells of them', async () => {
  const { port, register } = await setUp({ '127.9.2.102': good('a'), '127.9.2.103': good('b') })
  await register('127.9.2.102', '127.9.2.103')
  const pods = [await ask(port), await ask(port), await ask(port), await ask(port)].map(({ pod }) => pod)
  expect(pods.filter((pod) => pod === 'a')).toHaveLength(2)
  const { body } = await ask(port, '/?Action=DescribeTargetHealth', API)
  expect(JSON.parse(body)).toMatchObject({
    TargetHealthDescriptions: [
      { Target: { Id: '127.9.2.102', Port: port }, TargetHealth: { State: 'healthy' } },
      { Target: { Id: '127.9.2.103', Port: port }, TargetHealth: { State: 'healthy' } },
    ],
  })
})

test('a target that fails its checks is not used while another is healthy, and is while none is', async () => {
  const sick: Answer = (incoming, response) =>
    response.writeHead(incoming.url === '/healthz' ? 500 : 200, { 'X-Pod': 'sick' }).end('ok')
  const { alb, port, register, reaches } = await setUp(
    { '127.9.2.104': sick, '127.9.2.105': good('well') },
    { settings: { healthCheckPath: '/healthz' } },
  )
  alb.take({ type: 'register', targets: [{ id: '127.9.2.104', pod: 'sick' }] })
  await reaches('127.9.2.104', 'unhealthy')
  expect(await ask(port)).toMatchObject({ status: 200, pod: 'sick' })
  await register('127.9.2.105')
  expect([(await ask(port)).pod, (await ask(port)).pod]).toEqual(['well', 'well'])
})

test('a draining target finishes what is in flight, and gets nothing new', async () => {
  let finish = (): void => {}
  const begun = new Promise<void>((started) => {
    finish = started
  })
  let answer: ServerResponse | null = null
  const slow: Answer = (incoming, response) => {
    if (incoming.url !== '/slow') return good('old')(incoming, response)
    answer = response
    finish()
  }
  const { alb, port, register, reaches } = await setUp({ '127.9.2.106': slow, '127.9.2.107': good('new') })
  await register('127.9.2.106')
  const inFlight = ask(port, '/slow')
  await begun
  await register('127.9.2.107')
  alb.take({ type: 'deregister', ids: ['127.9.2.106'] })
  await reaches('127.9.2.106', 'draining')
  expect([(await ask(port)).pod, (await ask(port)).pod]).toEqual(['new', 'new'])
  ;(answer as ServerResponse | null)?.writeHead(200, { 'X-Pod': 'old' }).end('done')
  expect(await inFlight).toMatchObject({ status: 200, body: 'done' })
})

test('when the deregistration delay is over, what is still in flight becomes 502, and the target unused', async () => {
  let finish = (): void => {}
  const begun = new Promise<void>((started) => {
    finish = started
  })
  const never: Answer = (incoming, response) => {
    if (incoming.url === '/slow') finish()
    else good('old')(incoming, response)
  }
  const { alb, port, told, register, reaches } = await setUp(
    { '127.9.2.108': never },
    { settings: { deregistrationDelaySeconds: 20 } },
  )
  await register('127.9.2.108')
  const inFlight = ask(port, '/slow')
  await begun
  alb.take({ type: 'deregister', ids: ['127.9.2.108'] })
  expect(await inFlight).toMatchObject({ status: 502, server: 'awselb/2.0' })
  await reaches('127.9.2.108', 'unused')
  expect(told.filter(({ type }) => type === 'request-failed')).toMatchObject([
    { status: 502, tries: [{ kind: 'deregistered', sent: true }] },
  ])
})

test('a target that refuses is 502, one that closes is 502, one that is silent for the idle timeout is 504', async () => {
  const { alb, port, told, register, reaches } = await setUp(
    {
      '127.9.2.109': (incoming, response) => {
        if (incoming.url === '/close') incoming.socket.destroy()
        else if (incoming.url !== '/silent') good('a')(incoming, response)
      },
    },
    { settings: { idleTimeoutSeconds: 10 } },
  )
  await register('127.9.2.109')
  expect((await ask(port, '/close')).status).toBe(502)
  expect((await ask(port, '/silent')).status).toBe(504)
  alb.take({ type: 'deregister', ids: ['127.9.2.109'] })
  alb.take({ type: 'register', targets: [{ id: '127.9.2.199', pod: 'nobody' }] })
  await reaches('127.9.2.199', 'unhealthy')
  expect((await ask(port)).status).toBe(502)
  const kinds = told.flatMap((message) =>
    message.type === 'request-failed' ? message.tries.map(({ kind }) => kind) : [],
  )
  expect(kinds).toEqual(['closed', 'timeout', 'refused'])
})

test('a node as target leads to the pods that its kube-proxy knows', async () => {
  const { alb, port, reaches } = await setUp({ '127.9.2.110': good('a') })
  const endpoint = { address: '127.9.2.110', pod: 'a', ready: true, serving: true, terminating: false }
  alb.take({ type: 'node-endpoints', node: 'node-1', endpoints: [endpoint] })
  alb.take({ type: 'register', targets: [{ id: 'node-1', pod: null }] })
  await reaches('node-1', 'healthy')
  expect(await ask(port)).toMatchObject({ status: 200, pod: 'a' })
  alb.take({ type: 'node-endpoints', node: 'node-1', endpoints: [] })
  // The connection that is kept leads where it led, as conntrack has it; a new one is refused.
  expect((await ask(port)).status).toBe(200)
})
