import type * as Http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, monotonicUs } from '../../kernel/clock.ts'
import type { Random } from '../../kernel/random.ts'
import type { TruthLog } from '../truth/truth-log.ts'
import type { AppSettings } from './app-config.ts'
import type { ConnectionTable } from './connection-table.ts'
import { type Connection, type Connections, createConnections } from './connections.ts'

const MOST_BODY_BYTES = 1 << 20
const CHUNK = Buffer.alloc(16 * 1024, 'x')

export interface AppServerDeps {
  /** `node:http`, handed in: importing it as an ES module loads far more of Node (30 ms at start). */
  readonly http: Pick<typeof Http, 'createServer'>
  readonly clock: Clock
  readonly random: Random
  readonly settings: AppSettings
  readonly table: ConnectionTable | null
  readonly truth: TruthLog
}

/** The sample app's HTTP side and the switches that its end turns. */
export interface AppServer {
  readonly server: Http.Server
  readonly connections: Connections
  setReady(): void
  /** SIGTERM came: not ready any more, and `Connection: close` or 503 where the settings say so. */
  setDraining(): void
  /** The listener is closed: each answer is the last of its connection. */
  setClosing(): void
  /** Sends the head and half of the body of this share of the answers in flight. */
  cutAnswers(ratio: number): Promise<void>
}

const requestIdOf = (request: IncomingMessage): string | null => {
  const value = request.headers['x-request-id']
  return typeof value === 'string' && value !== '' ? value : null
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= MOST_BODY_BYTES) chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A whole number of a query parameter within [0, most]; 0 when it is none. */
const numberOf = (query: URLSearchParams, name: string, most: number): number => {
  const value = Number(query.get(name) ?? 0)
  return Number.isFinite(value) ? Math.min(most, Math.max(0, value)) : 0
}

export const createAppServer = (deps: AppServerDeps): AppServer => {
  const { clock, random, settings, truth } = deps
  const { app } = settings
  let ready = false
  let draining = false
  let closing = false
  const connections = createConnections(deps)

  const probe = (response: ServerResponse, good: boolean): void => {
    response.writeHead(good ? 200 : 503, { 'Content-Type': 'text/plain' })
    response.end(good ? 'ok\n' : 'not ready\n')
  }

  /** The preStop hook over HTTP: starts to drain, and answers when the time is over. */
  const preStop = (response: ServerResponse, waitMs: number): void => {
    draining = true
    clock.after(waitMs, () => probe(response, true))
  }

  const refuseWhileDraining = (connection: Connection, requestId: string | null): void =>
    truth.write({
      requestId,
      clientPort: connection.viaProxy ? null : connection.clientPort,
      remoteAddress: connection.viaProxy ? connection.clientAddress : settings.host,
      atMonotonicUs: monotonicUs(),
      mechanism: 'answered 503 while draining',
      pod: settings.podName,
      cause: 'A10',
    })

  const answer = (
    connection: Connection,
    response: ServerResponse,
    request: { path: string; bytes: number; echo: Buffer | null },
  ): void => {
    if (response.destroyed) return
    const requestId = connection.requestId
    response.setHeader('X-Pod', settings.podName)
    response.setHeader('X-Version', settings.version)
    if (requestId !== null) response.setHeader('X-Request-Id', requestId)
    if ((draining && app.drainClose) || closing) response.setHeader('Connection', 'close')
    if (draining && app.drain503) {
      refuseWhileDraining(connection, requestId)
      response.statusCode = 503
      response.end('draining\n')
      return
    }
    if (request.bytes > 0) {
      sendBytes(connection, response, request.bytes)
      return
    }
    const body =
      request.echo ??
      `${JSON.stringify({ pod: settings.podName, version: settings.version, requestId, path: request.path, draining })}\n`
    response.setHeader(
      'Content-Type',
      request.echo === null ? 'application/json' : 'application/octet-stream',
    )
    response.setHeader('Content-Length', Buffer.byteLength(body))
    response.end(body)
  }

  const sendBytes = (connection: Connection, response: ServerResponse, total: number): void => {
    response.setHeader('Content-Type', 'application/octet-stream')
    response.setHeader('Content-Length', total)
    connections.answering(connection)
    let left = total
    const pump = (): void => {
      while (left > 0) {
        const chunk = CHUNK.subarray(0, Math.min(left, CHUNK.length))
        left -= chunk.length
        if (!response.write(chunk)) {
          response.once('drain', pump)
          return
        }
      }
      response.end()
    }
    pump()
  }

  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = request.url ?? '/'
    const mark = target.indexOf('?')
    const path = mark < 0 ? target : target.slice(0, mark)
    if (path === '/livez' || path === '/startupz') return probe(response, true)
    if (path === '/readyz') return probe(response, ready && !draining)
    const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1))
    if (path === '/prestop') return preStop(response, numberOf(query, 'seconds', 3600) * 1000)
    const connection = connections.of(request.socket)
    if (connection === null) return
    const requestId = requestIdOf(request)
    if (connection.closing !== null) return connections.drop(connection, requestId)
    connections.began(connection, response, requestId)
    response.once('close', () => connections.ended(connection))
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
    const echo = hasBody ? await readBody(request) : null
    const waitMs =
      Math.max(0, app.workMs + (random.next() * 2 - 1) * app.jitterMs) +
      (path === '/slow' ? numberOf(query, 'ms', 600_000) : 0)
    const bytes = path === '/bytes' ? numberOf(query, 'n', 64 << 20) : 0
    const send = (): void => answer(connection, response, { path, bytes, echo })
    if (waitMs > 0) clock.after(waitMs, send)
    else send()
  }

  const server = deps.http.createServer(
    { requestTimeout: 0, headersTimeout: 0, noDelay: true },
    (request, response) => {
      onRequest(request, response).catch(() => request.socket.destroy())
    },
  )
  server.keepAliveTimeout = 0
  server.on('connection', connections.opened)

  return {
    server,
    connections,
    setReady: () => {
      ready = true
    },
    setDraining: () => {
      draining = true
    },
    setClosing: () => {
      closing = true
    },
    cutAnswers: async (ratio) => {
      for (const connection of connections.all()) {
        const { response } = connection
        if (response === null || response.headersSent || random.next() >= ratio) continue
        connections.answering(connection)
        response.writeHead(200, { 'X-Pod': settings.podName, 'Content-Length': 4096 })
        response.write(CHUNK.subarray(0, 2048))
      }
      await clock.sleepMs(5)
    },
  }
}
