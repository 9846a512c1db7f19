import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

type ApiObject = { metadata: { name: string; uid: string; resourceVersion: string; [key: string]: unknown } }

/**
 * A real HTTP server that lists and watches objects by resource name, and whose streams can be cut, held up and spoilt.
 * It knows no selectors and no controllers: what it serves is what the test puts there.
 */
export interface SmallApi {
  readonly url: string
  /** Method and path of every request, in order. */
  readonly requests: {
    readonly method: string
    readonly path: string
    readonly headers: IncomingMessage['headers']
  }[]
  readonly connections: number
  /** Open watch streams. */
  readonly streams: number
  /** Stores the object under a new version, which is returned, and sends it to the watches. */
  put(resource: string, object: object): string
  remove(resource: string, uid: string): void
  /** Writes to all streams of the resource, as it is. */
  write(resource: string, text: string): void
  /** Ends all streams: cleanly, by FIN inside the answer, or by RST. */
  end(how: 'clean' | 'fin' | 'rst'): void
  /** From now on open streams send nothing more, and stay open. */
  holdUp(): void
  /** Versions up to now are too old to watch from. */
  forget(): void
  /** Called before each answer; returns true when it has answered itself. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean
  /** Resolves when the condition holds (looked at after each request). */
  until(holds: () => boolean): Promise<void>
  close(): Promise<void>
}

export const startSmallApi = async (): Promise<SmallApi> => {
  const objects = new Map<string, Map<string, ApiObject>>()
  const log: { resource: string; type: string; object: ApiObject; version: number }[] = []
  const streams = new Set<{ resource: string; response: ServerResponse; held: boolean }>()
  const sockets = new Set<Socket>()
  const requests: SmallApi['requests'] = []
  const waiting = new Set<() => void>()
  let version = 100
  let oldest = 0
  let connections = 0

  const of = (resource: string): Map<string, ApiObject> => {
    const known = objects.get(resource) ?? new Map<string, ApiObject>()
    objects.set(resource, known)
    return known
  }
  const look = (): void => {
    for (const check of [...waiting]) check()
  }
  const publish = (resource: string, type: string, object: ApiObject): void => {
    log.push({ resource, type, object, version })
    for (const stream of streams) {
      if (stream.resource === resource && !stream.held)
        stream.response.write(`${JSON.stringify({ type, object })}\n`)
    }
  }
  const json = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }

  const watch = (resource: string, from: number, response: ServerResponse): void => {
    if (from < oldest) {
      json(response, 410, gone)
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    const stream = { resource, response, held: false }
    streams.add(stream)
    response.on('close', () => {
      streams.delete(stream)
      look()
    })
    for (const entry of log) {
      if (entry.resource === resource && entry.version > from) {
        response.write(`${JSON.stringify({ type: entry.type, object: entry.object })}\n`)
      }
    }
  }

  const api: SmallApi = {
    url: '',
    requests,
    get connections() {
      return connections
    },
    get streams() {
      return streams.size
    },
    put: (resource, object) => {
      version++
      const given = object as ApiObject
      const stored = { ...given, metadata: { ...given.metadata, resourceVersion: String(version) } }
      const known = of(resource).has(stored.metadata.uid)
      of(resource).set(stored.metadata.uid, stored)
      publish(resource, known ? 'MODIFIED' : 'ADDED', stored)
      return String(version)
    },
    remove: (resource, uid) => {
      const object = of(resource).get(uid)
      if (object === undefined) return
      version++
      of(resource).delete(uid)
      publish(resource, 'DELETED', {
        ...object,
        metadata: { ...object.metadata, resourceVersion: String(version) },
      })
    },
    write: (resource, text) => {
      for (const stream of streams) if (stream.resource === resource) stream.response.write(text)
    },
    end: (how) => {
      for (const stream of [...streams]) {
        const { response } = stream
        stream.held = true
        if (how === 'clean') response.end()
        else if (how === 'fin') response.socket?.end()
        else response.socket?.resetAndDestroy()
      }
    },
    holdUp: () => {
      for (const stream of streams) stream.held = true
    },
    forget: () => {
      version++
      oldest = version
    },
    intercept: () => false,
    until: (holds) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!holds()) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://api')
    requests.push({ method: request.method ?? '', path: url.pathname + url.search, headers: request.headers })
    response.on('finish', look)
    if (api.intercept(request, response)) return look()
    if (url.pathname === '/version') json(response, 200, { gitVersion: 'v1.34.0' })
    else {
      const [resource = '', name] = url.pathname.split('/namespaces/')[1]?.split('/').slice(1) ?? []
      if (url.searchParams.get('watch') === 'true') {
        watch(resource, Number(url.searchParams.get('resourceVersion')), response)
      } else if (name !== undefined) {
        const found = [...of(resource).values()].find(({ metadata }) => metadata.name === name)
        if (found === undefined)
          json(response, 404, { kind: 'Status', message: `${name} not found`, reason: 'NotFound' })
        else json(response, 200, found)
      } else {
        const exact = url.searchParams.get('resourceVersionMatch') === 'Exact'
        if (exact && Number(url.searchParams.get('resourceVersion')) < oldest)
          return json(response, 410, gone)
        json(response, 200, {
          metadata: { resourceVersion: String(version) },
          items: [...of(resource).values()],
        })
      }
    }
    look()
  })
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.defineProperty(api, 'url', {
    value: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  })
}

/** A kubeconfig of one context, as JSON (which is YAML). */
export const kubeconfigOf = (
  context: string,
  server: string,
  user: object = {},
  namespace?: string,
): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    clusters: [{ name: `${context}-cluster`, cluster: { server } }],
    users: [{ name: `${context}-user`, user }],
    contexts: [
      {
        name: context,
        context: {
          cluster: `${context}-cluster`,
          user: `${context}-user`,
          ...(namespace ? { namespace } : {}),
        },
      },
    ],
  })
