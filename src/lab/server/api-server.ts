import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock } from '../../kernel/clock.ts'
import { HarnessError } from '../../kernel/errors.ts'
import { type Random, seededRandom } from '../../kernel/random.ts'
import type { Store } from '../sim/store.ts'
import { type Forbids, reviewAccess, reviewSubject } from './access.ts'
import { ApiError, methodNotAllowed, noSuchPath, statusOf, toApiError, unauthorized } from './api-error.ts'
import { aggregatedDiscovery, coreVersions, groupList, oneGroup, resourceList, VERSION } from './discovery.ts'
import { contentTypeOf, readJson } from './http-body.ts'
import {
  openApiDocument,
  openApiIndex,
  SWAGGER,
  SWAGGER_PROTOBUF,
  SWAGGER_PROTOBUF_ACCEPT,
  SWAGGER_PROTOBUF_TYPE,
} from './openapi.ts'
import { handleResource, type ReadLog, type ResourceAnswer } from './resource-handler.ts'
import { parseRoute } from './route.ts'
import { startWatch, type WatchRequest } from './watch.ts'

export interface ApiServerOptions {
  readonly clock: Clock
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** Names from `generateName` come from it. Default: seeded with 2. */
  readonly random?: Random
  /** How often a watch that allows bookmarks gets one, ms. Default 60,000, as a real API server. */
  readonly bookmarkIntervalMs?: number
  /** A container's log, for `kubectl logs`; `null` when there is none. */
  readonly readLog?: ReadLog
  /** Requests to refuse with 403; access reviews tell the same. */
  readonly forbids?: Forbids
  /**
   * First part of every path. Who does not know it gets 401: other users of the machine, and web pages that post to
   * loopback. A bearer token would not do, since kubectl sends none over plain http. Default: none.
   */
  readonly secret?: string
}

export interface ApiServer {
  /** `http://127.0.0.1:PORT`, and the secret as its path. */
  readonly url: string
  /** Cuts the connections of all open watches, as a restart of an API server does. Returns how many. */
  dropWatches(): number
  /** While true no watch sends anything: connections that look open and are not. Held events are lost. */
  holdWatches(held: boolean): void
  /** Ends all connections, watches too. */
  close(): Promise<void>
}

interface Answer {
  readonly code: number
  readonly contentType: string
  readonly body: Buffer | string
}

const json = (code: number, value: unknown, contentType = 'application/json'): Answer => ({
  code,
  contentType,
  body: JSON.stringify(value),
})

const orNotFound = (value: unknown): Answer => {
  if (value === null) throw noSuchPath()
  return json(200, value)
}

const discovery = (root: 'api' | 'apis', accept: string, plain: unknown): Answer => {
  const version = /g=apidiscovery\.k8s\.io;v=(v2(?:beta1)?)/.exec(accept)?.[1]
  if (version === undefined) return json(200, plain)
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
  return json(200, aggregatedDiscovery(root, version), type)
}

/** Paths that describe the server; `null` for all others. */
const describe = (path: string, accept: string, address: string): Answer | null => {
  const [first, second, third, fourth] = path.split('/').filter((part) => part !== '')
  if (first === 'openapi') {
    if (second === 'v2' && accept.includes(SWAGGER_PROTOBUF_ACCEPT))
      return { code: 200, contentType: SWAGGER_PROTOBUF_TYPE, body: SWAGGER_PROTOBUF }
    if (second === 'v2') return json(200, SWAGGER)
    if (second !== 'v3') throw noSuchPath()
    return third === undefined
      ? json(200, openApiIndex())
      : orNotFound(openApiDocument(path.slice('/openapi/v3/'.length)))
  }
  if (first === 'version') return json(200, VERSION)
  if (first === 'healthz' || first === 'livez' || first === 'readyz')
    return { code: 200, contentType: 'text/plain; charset=utf-8', body: 'ok' }
  if (first === 'api' && second === undefined) return discovery('api', accept, coreVersions(address))
  if (first === 'api' && third === undefined) return orNotFound(resourceList('', second ?? ''))
  if (first === 'apis' && second === undefined) return discovery('apis', accept, groupList())
  if (first === 'apis' && third === undefined) return orNotFound(oneGroup(second ?? ''))
  if (first === 'apis' && fourth === undefined) return orNotFound(resourceList(second ?? '', third ?? ''))
  return first === undefined
    ? json(200, { paths: ['/api', '/apis', '/openapi/v2', '/openapi/v3', '/version'] })
    : null
}

const listen = (server: Server, host: string, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new HarnessError('LAB_FAILED', `the lab's API cannot listen on ${host}:${port}`, { cause }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(`http://${host}:${typeof address === 'object' && address !== null ? address.port : port}`)
    })
  })

/**
 * Serves the store as a Kubernetes API over plain HTTP, good enough for client-node and stock kubectl. Who knows
 * the secret may do everything; the address should be a loopback one. Rejects with LAB_FAILED when it cannot listen.
 */
export const startApiServer = async (store: Store, options: ApiServerOptions): Promise<ApiServer> => {
  const { clock, host = '127.0.0.1', port = 0, forbids = () => false } = options
  const random = (options.random ?? seededRandom(2)).fork('api-server')
  const watches = new Map<ServerResponse, () => void>()
  const prefix = options.secret === undefined ? '' : `/${options.secret}`
  let held = false
  let url = ''

  const watch = (response: ServerResponse, request: WatchRequest): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
    response.flushHeaders()
    const stop = startWatch(store, clock, request, {
      send: (type, object) => {
        if (!held) response.write(`${JSON.stringify({ type, object })}\n`)
      },
      end: () => {
        watches.delete(response)
        response.end()
      },
    })
    if (response.writableEnded) return
    watches.set(response, stop)
    response.once('close', () => {
      watches.delete(response)
      stop()
    })
  }

  const answerTo = async (request: IncomingMessage, target: URL): Promise<Answer | WatchRequest> => {
    const { pathname, searchParams } = target
    const accept = request.headers.accept ?? ''
    const method = request.method ?? 'GET'
    const described = describe(pathname, accept, new URL(url).host)
    if (described !== null) {
      if (method !== 'GET') throw methodNotAllowed()
      return described
    }
    const body = method === 'GET' ? null : await readJson(request)
    if (pathname === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews')
      return json(201, reviewAccess(body, forbids))
    if (pathname === '/apis/authentication.k8s.io/v1/selfsubjectreviews') return json(201, reviewSubject())
    const route = parseRoute(pathname)
    if (route === null) throw noSuchPath()
    const resource = { method, route, query: searchParams, accept, contentType: contentTypeOf(request), body }
    try {
      const answer: ResourceAnswer = handleResource({ store, clock, random }, resource, {
        forbids,
        readLog: options.readLog ?? (() => null),
        bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
      })
      if (answer.kind === 'watch') return answer.request
      if (answer.kind === 'text') return { code: 200, contentType: 'text/plain', body: answer.text }
      return json(answer.code, answer.value)
    } catch (error) {
      throw toApiError(error, route.type)
    }
  }

  const send = (response: ServerResponse, { code, contentType, body }: Answer): void => {
    response.writeHead(code, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-cache, private',
    })
    response.end(body)
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const target = new URL(request.url ?? '/', url)
      if (!target.pathname.startsWith(`${prefix}/`)) throw unauthorized()
      target.pathname = target.pathname.slice(prefix.length)
      const answer = await answerTo(request, target)
      if ('options' in answer) watch(response, answer)
      else send(response, answer)
    } catch (error) {
      const problem = error instanceof ApiError ? error : toApiError(error, null)
      if (response.headersSent) response.destroy()
      else send(response, json(problem.code, statusOf(problem)))
    }
  }

  // A client that goes away in the middle of a request is its own affair; serve() reports everything else.
  const server = createServer(
    { keepAliveTimeout: 120_000, requestTimeout: 0, noDelay: true },
    (request, response) => {
      request.on('error', () => response.destroy())
      serve(request, response).catch(() => response.destroy())
    },
  )
  url = await listen(server, host, port)

  return {
    url: `${url}${prefix}`,
    dropWatches: () => {
      const open = [...watches]
      for (const [response, stop] of open) {
        stop()
        response.destroy()
      }
      watches.clear()
      return open.length
    },
    holdWatches: (value) => {
      held = value
    },
    close: () =>
      new Promise((resolve) => {
        for (const stop of watches.values()) stop()
        watches.clear()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
