import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import { monotonicUs } from '../../kernel/clock.ts'
import type { FailedTry, FromProxy, Upstream } from './ingress-messages.ts'
import { statusOf } from './ingress-retry.ts'
import { type Target, type TryResult, targetOf, type UpstreamPools } from './ingress-upstream.ts'

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

export interface HttpProxyOptions {
  /** Our own address, told with each failure. */
  readonly host: string
  /** Value of the header `Server` of what the proxy answers by itself. */
  readonly serverName: string
  readonly pools: UpstreamPools
  /** Requests whose Host starts with `control.` go here, whatever the targets. */
  readonly control: Upstream
  /** The target for a request of which these tries failed; `null` = there is none. */
  readonly pick: (tries: readonly FailedTry[]) => Target | null
  /** Whether another target is tried after this. */
  readonly mayTryNext: (method: string, failed: FailedTry) => boolean
  readonly tell: (message: FromProxy) => void
}

/** Serves one request of a client. */
export type ServeRequest = (request: IncomingMessage, response: ServerResponse) => Promise<void>

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

/** A server for the client's side of a proxy, without time limits of its own but those given. */
export const createProxyServer = (
  keepAliveTimeoutMs: number,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
) => {
  const server = createServer({ noDelay: true, requestTimeout: 0, headersTimeout: 0 }, handle)
  server.keepAliveTimeout = keepAliveTimeoutMs
  return server
}

/**
 * What the lab's HTTP/1.1 reverse proxies have in common: keep-alive pools to the pods, a try at the next target where
 * the proxy at hand wants one, 502, 503 and 504 of its own. Bodies of requests are held (at most 1 MiB, else 413),
 * those of answers stream; an answer that is cut cuts the client's connection.
 */
export const createHttpProxy = (options: HttpProxyOptions): ServeRequest => {
  const { pools, tell, serverName } = options

  const fail = (
    request: IncomingMessage,
    response: ServerResponse,
    tries: readonly FailedTry[],
    status: number,
  ): void => {
    tell(failure(request, tries, status, false))
    const body = `<html><head><title>${status}</title></head><body>${status}</body></html>\n`
    response.writeHead(status, {
      Server: serverName,
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
  ): FromProxy => {
    const id = request.headers['x-request-id']
    return {
      type: 'request-failed',
      proxyAddress: options.host,
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
    { response: answer, upstream, wasCut }: Extract<TryResult, { readonly ok: true }>,
    startedUs: number,
  ): void => {
    response.writeHead(answer.statusCode ?? 502, forwarded(answer.headers))
    answer.pipe(response)
    answer.once('close', () => {
      if (answer.complete || response.destroyed) return
      const cut: FailedTry = {
        upstream,
        kind: wasCut() ? 'deregistered' : 'closed',
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
      response.writeHead(413, { Server: serverName, 'Content-Length': 0 }).end()
      return
    }
    const method = request.method ?? 'GET'
    const toControl = request.headers.host?.startsWith('control.') ?? false
    const wanted = { method, path: request.url ?? '/', headers: forwarded(request.headers), body }
    const tries: FailedTry[] = []
    for (;;) {
      const target = toControl && tries.length === 0 ? targetOf(options.control) : options.pick(tries)
      if (target === null) return fail(request, response, tries, statusOf(tries))
      const startedUs = monotonicUs()
      const result = await pools.tryOne(target, wanted, gone.signal)
      if (gone.signal.aborted) return gaveUp(request, tries, result)
      if (result.ok) return relay(request, response, result, startedUs)
      tries.push(result.failed)
      if (toControl || !options.mayTryNext(method, result.failed))
        return fail(request, response, tries, statusOf(tries))
    }
  }

  return serve
}
