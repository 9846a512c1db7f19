import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import { type Clock, monotonicUs } from '../../kernel/clock.ts'
import type { FailedTry, FromIngress, IngressSettings, Upstream } from './ingress-messages.ts'
import { mayTryNext, nextUpstream, statusOf } from './ingress-retry.ts'
import { createUpstreamPools, type TryResult } from './ingress-upstream.ts'

/** Value of the header `Server` of what the proxy answers by itself. */
export const INGRESS_SERVER = 'rollproof-ingress'
/** nginx's keepalive_timeout. */
const CLIENT_KEEP_ALIVE_MS = 75_000
const MOST_BODY_BYTES = 1 << 20

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export interface IngressProxy {
  readonly server: Server
  /** From now on these pods are used, in turn. In `reload` mode idle client connections are closed. */
  setEndpoints(endpoints: readonly Upstream[]): void
}

const forwarded = (headers: IncomingMessage['headers']): OutgoingHttpHeaders => {
  const kept: OutgoingHttpHeaders = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value
  }
  return kept
}

/** The whole body, `null` for none; 'too-large' beyond what may be kept for a second try. */
const readBody = async (request: IncomingMessage): Promise<Buffer | null | 'too-large'> => {
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined)
    return null
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= MOST_BODY_BYTES) chunks.push(chunk)
  }
  return bytes > MOST_BODY_BYTES ? 'too-large' : Buffer.concat(chunks)
}

/**
 * An HTTP/1.1 reverse proxy in the manner of nginx: keep-alive pools to the pods, a try at the next pod where that
 * is safe and wanted, 502, 503 and 504 of its own with `Server: rollproof-ingress`. Bodies of requests are held
 * (at most 1 MiB, else 413), those of answers stream; an answer that is cut cuts the client's connection.
 */
export const createIngressProxy = (
  settings: IngressSettings,
  clock: Clock,
  tell: (message: FromIngress) => void,
): IngressProxy => {
  const pools = createUpstreamPools({
    clock,
    port: settings.port,
    localAddress: settings.host,
    connectTimeoutMs: settings.connectTimeoutMs,
  })
  let endpoints: readonly Upstream[] = []
  let cursor = settings.seed % 97
  const busy = new Map<Socket, number>()
  /** Client connections that a reload is closing. */
  const retired = new Set<Socket>()

  const fail = (
    request: IncomingMessage,
    response: ServerResponse,
    tries: readonly FailedTry[],
    status: number,
  ): void => {
    tell(failure(request, tries, status, false))
    const body = `<html><head><title>${status}</title></head><body>${status}</body></html>\n`
    response.writeHead(status, {
      Server: INGRESS_SERVER,
      'Content-Type': 'text/html',
      'Content-Length': body.length,
      ...(typeof request.headers['x-request-id'] === 'string' && {
        'X-Request-Id': request.headers['x-request-id'],
      }),
    })
    response.end(body)
  }

  const failure = (
    request: IncomingMessage,
    tries: readonly FailedTry[],
    status: number | null,
    bodyCut: boolean,
  ): FromIngress => {
    const id = request.headers['x-request-id']
    return {
      type: 'request-failed',
      requestId: typeof id === 'string' ? id : null,
      clientPort: request.socket.remotePort ?? 0,
      method: request.method ?? 'GET',
      status,
      tries,
      atUs: monotonicUs(),
      bodyCut,
    }
  }

  /** The client left while a pod was being tried: what it waited for is what failed it. */
  const gaveUp = (request: IncomingMessage, tries: readonly FailedTry[], last: TryResult): void => {
    if (last.ok) {
      last.response.destroy()
      return
    }
    const kind = last.failed.sent ? 'timeout' : 'connect-timeout'
    tell(failure(request, [...tries, { ...last.failed, kind }], null, false))
  }

  const relay = (
    request: IncomingMessage,
    response: ServerResponse,
    upstream: Upstream,
    answer: IncomingMessage,
    startedUs: number,
  ): void => {
    response.writeHead(answer.statusCode ?? 502, forwarded(answer.headers))
    answer.pipe(response)
    answer.once('close', () => {
      if (answer.complete || response.destroyed) return
      const cut: FailedTry = {
        upstream,
        kind: 'closed',
        sent: true,
        reused: false,
        startedUs,
        endedUs: monotonicUs(),
      }
      tell(failure(request, [cut], answer.statusCode ?? null, true))
      response.destroy()
    })
    answer.on('error', () => {})
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const body = await readBody(request)
    if (body === 'too-large') {
      response.writeHead(413, { Server: INGRESS_SERVER, 'Content-Length': 0 }).end()
      return
    }
    const method = request.method ?? 'GET'
    const toControl = request.headers.host?.startsWith('control.') ?? false
    const wanted = { method, path: request.url ?? '/', headers: forwarded(request.headers), body }
    const tries: FailedTry[] = []
    for (;;) {
      cursor += 1
      const upstream = nextUpstream(toControl ? [settings.control] : endpoints, cursor, tries)
      if (upstream === null) return fail(request, response, tries, statusOf(tries))
      const startedUs = monotonicUs()
      const result = await pools.tryOne(upstream, wanted, gone.signal)
      if (gone.signal.aborted) return gaveUp(request, tries, result)
      if (result.ok) return relay(request, response, upstream, result.response, startedUs)
      tries.push(result.failed)
      if (!settings.retry || !mayTryNext(method, result.failed))
        return fail(request, response, tries, statusOf(tries))
    }
  }

  const retire = (socket: Socket, requestId: string | null): void => {
    retired.delete(socket)
    tell({ type: 'reload-closed', requestId, clientPort: socket.remotePort ?? 0, atUs: monotonicUs() })
    socket.destroy()
  }

  const server = createServer(
    { noDelay: true, requestTimeout: 0, headersTimeout: 0 },
    (request, response) => {
      const { socket } = request
      if (retired.has(socket)) {
        const id = request.headers['x-request-id']
        return retire(socket, typeof id === 'string' ? id : null)
      }
      busy.set(socket, (busy.get(socket) ?? 0) + 1)
      response.once('close', () => busy.set(socket, (busy.get(socket) ?? 1) - 1))
      serve(request, response).catch(() => socket.destroy())
    },
  )
  server.keepAliveTimeout = CLIENT_KEEP_ALIVE_MS
  server.on('connection', (socket) => {
    busy.set(socket, 0)
    socket.once('close', () => {
      busy.delete(socket)
      retired.delete(socket)
    })
  })

  /** What nginx's old workers do at a reload: close what is idle, let the rest finish. */
  const reload = (): void => {
    for (const [socket, requests] of busy) if (requests === 0) retired.add(socket)
    clock.after(settings.closeRaceMs, () => {
      for (const socket of [...retired]) retire(socket, null)
    })
  }

  return {
    server,
    setEndpoints: (next) => {
      const key = (list: readonly Upstream[]): string =>
        list
          .map(({ address }) => address)
          .sort()
          .join()
      const changed = key(next) !== key(endpoints)
      endpoints = next
      if (!changed) return
      pools.keepOnly([...next, settings.control])
      if (settings.reload) reload()
    },
  }
}
