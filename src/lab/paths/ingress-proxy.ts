import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { type Clock, monotonicUs } from '../../kernel/clock.ts'
import { createHttpProxy, createProxyServer } from './http-proxy.ts'
import type { FromIngress, IngressSettings, Upstream } from './ingress-messages.ts'
import { mayTryNext, nextUpstream } from './ingress-retry.ts'
import { createUpstreamPools, targetOf } from './ingress-upstream.ts'

/** Value of the header `Server` of what the proxy answers by itself. */
export const INGRESS_SERVER = 'rollproof-ingress'
/** nginx's keepalive_timeout. */
const CLIENT_KEEP_ALIVE_MS = 75_000
/** nginx's proxy_read_timeout. */
const READ_TIMEOUT_MS = 60_000

export interface IngressProxy {
  readonly server: Server
  /** From now on these pods are used, in turn. In `reload` mode idle client connections are closed. */
  setEndpoints(endpoints: readonly Upstream[]): void
}

/**
 * An HTTP/1.1 reverse proxy in the manner of nginx: a try at the next pod where that is safe and wanted, and what it
 * answers by itself with `Server: rollproof-ingress`.
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
    readTimeoutMs: () => READ_TIMEOUT_MS,
  })
  let endpoints: readonly Upstream[] = []
  let cursor = settings.seed % 97
  const busy = new Map<Socket, number>()
  /** Client connections that a reload is closing. */
  const retired = new Set<Socket>()
  const serve = createHttpProxy({
    host: settings.host,
    serverName: INGRESS_SERVER,
    pools,
    control: settings.control,
    pick: (tries) => {
      cursor += 1
      const upstream = nextUpstream(endpoints, cursor, tries)
      return upstream === null ? null : targetOf(upstream)
    },
    mayTryNext: (method, failed) => settings.retry && mayTryNext(method, failed),
    tell,
  })

  const retire = (socket: Socket, requestId: string | null): void => {
    retired.delete(socket)
    tell({ type: 'reload-closed', requestId, clientPort: socket.remotePort ?? 0, atUs: monotonicUs() })
    socket.destroy()
  }

  const server = createProxyServer(CLIENT_KEEP_ALIVE_MS, (request, response) => {
    const { socket } = request
    if (retired.has(socket)) {
      const id = request.headers['x-request-id']
      return retire(socket, typeof id === 'string' ? id : null)
    }
    busy.set(socket, (busy.get(socket) ?? 0) + 1)
    response.once('close', () => busy.set(socket, (busy.get(socket) ?? 1) - 1))
    serve(request, response).catch(() => socket.destroy())
  })
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
      pools.keepOnly(new Set([...next, settings.control].map(({ address }) => address)))
      if (settings.reload) reload()
    },
  }
}
