import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../../src/kernel/clock.ts'
import type { FromIngress, IngressSettings } from '../../../../src/lab/paths/ingress-messages.ts'
import { createIngressProxy } from '../../../../src/lab/paths/ingress-proxy.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

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

/** One pod per host; all pods and the proxy share a port, as in the lab. */
const setUp = async (
  pods: Readonly<
    Record<string, (request: IncomingMessage, response: import('node:http').ServerResponse) => void>
  >,
  change: Partial<IngressSettings> = {},
  unused: readonly string[] = [],
) => {
  const messages: FromIngress[] = []
  let port = 0
  for (const [host, answer] of Object.entries(pods)) port = await listen(createServer(answer), host, port)
  const proxy = createIngressProxy(
    {
      host: '127.9.0.80',
      port,
      control: { address: '127.9.0.2', pod: 'control' },
      retry: true,
      reload: false,
      connectTimeoutMs: 1000,
      closeRaceMs: 5,
      seed: 0,
      ...change,
    },
    systemClock,
    (message) => messages.push(message),
  )
  await listen(proxy.server, '127.9.0.80', port)
  proxy.setEndpoints([...unused, ...Object.keys(pods)].map((address) => ({ address, pod: `pod-${address}` })))
  return { port, proxy, messages }
}

const ask = (
  port: number,
  { method = 'GET', body, agent = false }: { method?: string; body?: string; agent?: Agent | false } = {},
): Promise<{ status: number; headers: IncomingMessage['headers']; body: string; complete: boolean }> =>
  new Promise((done, fail) => {
    const headers = { 'X-Request-Id': 'run-1' }
    const outgoing = request({ host: '127.9.0.80', port, method, headers, agent }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('error', () => {})
      response.once('close', () =>
        done({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text,
          complete: response.complete,
        }),
      )
    })
    outgoing.on('error', fail)
    outgoing.end(body)
  })

test('an answer comes through with the headers of the pod and the body of the client', async () => {
  const { port } = await setUp({
    '127.9.1.1': (incoming, response) => {
      response.setHeader('X-Pod', 'web-1')
      response.setHeader('X-Request-Id', String(incoming.headers['x-request-id']))
      incoming.pipe(response)
    },
  })
  const answer = await ask(port, { method: 'POST', body: 'hello' })
  expect(answer).toMatchObject({ status: 200, body: 'hello', complete: true })
  expect(answer.headers).toMatchObject({ 'x-pod': 'web-1', 'x-request-id': 'run-1' })
})

test('a pod that refuses is passed over without a word to the client', async () => {
  const { port, messages } = await setUp({ '127.9.1.2': (_, response) => response.end('ok') }, {}, [
    '127.9.1.99',
  ])
  for (let index = 0; index < 4; index++)
    expect((await ask(port, { method: 'POST', body: 'x' })).status).toBe(200)
  expect(messages).toEqual([])
})

test('without retries the client gets 502 from the proxy, and the lab is told of the pod', async () => {
  const { port, messages } = await setUp(
    { '127.9.1.3': (_, response) => response.end('ok') },
    { retry: false },
    ['127.9.1.99'],
  )
  const answers = [await ask(port), await ask(port)]
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 502])
  expect(answers.find(({ status }) => status === 502)?.headers.server).toBe('rollproof-ingress')
  expect(messages).toMatchObject([
    { type: 'request-failed', requestId: 'run-1', status: 502, tries: [{ kind: 'refused', sent: false }] },
  ])
})

test('a GET that a pod lost is sent to the next, a POST is not', async () => {
  const lost: string[] = []
  const lose = (incoming: IncomingMessage): void => {
    lost.push(incoming.method ?? '')
    incoming.socket.destroy()
  }
  const { port, messages } = await setUp({
    '127.9.1.4': lose,
    '127.9.1.5': (_, response) => response.end('ok'),
  })
  const gets = [await ask(port), await ask(port)]
  expect(gets.map(({ status }) => status)).toEqual([200, 200])
  const posts = [
    await ask(port, { method: 'POST', body: 'x' }),
    await ask(port, { method: 'POST', body: 'x' }),
  ]
  expect(posts.map(({ status }) => status).sort()).toEqual([200, 502])
  expect(lost.filter((method) => method === 'POST')).toHaveLength(1)
  expect(messages).toMatchObject([{ method: 'POST', tries: [{ kind: 'closed', sent: true }] }])
})

test('without any endpoint the answer is 503', async () => {
  const { port, proxy } = await setUp({ '127.9.1.6': (_, response) => response.end('ok') })
  proxy.setEndpoints([])
  expect(await ask(port)).toMatchObject({ status: 503 })
})

test('a body that a pod cuts is cut for the client too', async () => {
  const { port, messages } = await setUp({
    '127.9.1.7': (_, response) => {
      response.writeHead(200, { 'Content-Length': 100 })
      response.write('half', () => response.destroy())
    },
  })
  const answer = await ask(port)
  expect(answer).toMatchObject({ status: 200, complete: false })
  expect(messages).toMatchObject([{ type: 'request-failed', bodyCut: true }])
})

test('a reload closes idle client connections and lets the others finish', async () => {
  const pending: (() => void)[] = []
  const { port, proxy, messages } = await setUp(
    {
      '127.9.1.8': (incoming, response) => {
        if (incoming.method === 'PUT') pending.push(() => response.end('late'))
        else response.end('ok')
      },
    },
    { reload: true },
  )
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  closers.push(() => agent.destroy())
  await ask(port, { agent })
  const idle = Object.values(agent.freeSockets).flat()[0]
  const late = ask(port, { method: 'PUT' })
  await expect.poll(() => pending.length).toBe(1)
  const closed = new Promise<void>((done) => idle?.once('close', () => done()))
  proxy.setEndpoints([{ address: '127.9.1.9', pod: 'new' }])
  await closed
  pending[0]?.()
  expect(await late).toMatchObject({ status: 200, body: 'late' })
  expect(messages).toMatchObject([{ type: 'reload-closed', requestId: null }])
})

test('the control host is answered by the control target whatever the endpoints are', async () => {
  const { port, proxy } = await setUp({ '127.9.0.2': (_, response) => response.end('control') })
  proxy.setEndpoints([])
  const status = await new Promise((done) => {
    const headers = { host: 'control.ingress.lab' }
    request({ host: '127.9.0.80', port, headers, agent: false }, (response) => {
      response.resume()
      done(response.statusCode)
    }).end()
  })
  expect(status).toBe(200)
})
