import { createServer, type Server } from 'node:http'
import type { Clock } from '../../kernel/clock.ts'
import { seededRandom } from '../../kernel/random.ts'
import { ALB_DEFAULTS, type AlbSettings } from '../sim/alb/settings.ts'
import type { Target } from '../sim/alb/target-group-controller.ts'
import {
  DRAINING,
  NOT_REGISTERED,
  REGISTERING,
  summedHealth,
  type TargetHealth,
} from '../sim/alb/target-health.ts'
import type { AlbStart, FromAlb, ToAlb } from './alb-messages.ts'
import { type AlbNode, createAlbNode } from './alb-node.ts'
import { type Endpoint, pickEndpoint } from './endpoint-table.ts'
import type { Upstream } from './ingress-messages.ts'

/** The load balancer: its nodes, its target group, and the API that tells of them. */
export interface Alb {
  take(message: Exclude<ToAlb, { readonly type: 'start' }>): void
  close(): void
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((done, fail) => {
    server.once('error', fail)
    server.listen({ host, port }, () => {
      server.off('error', fail)
      done()
    })
  })

/** Rejects when an address cannot be listened on; what listened already is closed then. */
export const startAlbHere = async (
  start: AlbStart,
  clock: Clock,
  tell: (message: FromAlb) => void,
): Promise<Alb> => {
  const random = seededRandom(start.seed)
  const nodeEndpoints = new Map<string, readonly Endpoint[]>()
  /** Registered targets, and until when those drain that no longer are. */
  const registered = new Map<string, Target>()
  const draining = new Map<string, number>()
  const told = new Map<string, string>()
  let settings: AlbSettings = ALB_DEFAULTS
  let nodes: readonly AlbNode[] = []

  const healthOf = (id: string): TargetHealth => {
    if (!registered.has(id)) {
      const endsAtMs = draining.get(id)
      return endsAtMs !== undefined && clock.nowMs() < endsAtMs ? DRAINING : NOT_REGISTERED
    }
    const states = nodes.map((node) => node.stateOf(id))
    const seen = states.filter((state) => state !== null)
    return seen.length < states.length ? REGISTERING : summedHealth(seen)
  }
  const tellHealth = (id: string): void => {
    const health = healthOf(id)
    const text = `${health.state} ${health.reason}`
    if (told.get(id) === text) return
    told.set(id, text)
    tell({ type: 'health', id, health })
  }
  const onChange = (id: string): void => {
    tellHealth(id)
    if (!registered.has(id) && nodes.every((node) => node.stateOf(id) === null))
      tell({ type: 'forgotten', id })
  }

  /** A node's port leads to any pod that the node's kube-proxy knows, anew for each connection. */
  const placeOf = (target: Target): (() => Upstream) => {
    if (target.pod !== null) {
      const upstream = { address: target.id, pod: target.pod }
      return () => upstream
    }
    return () => {
      const picked = pickEndpoint(nodeEndpoints.get(target.id) ?? [], random)
      return picked === null
        ? { address: start.nobody, pod: '' }
        : { address: picked.address, pod: picked.pod }
    }
  }

  nodes = start.hosts.map((host) =>
    createAlbNode({
      ...start,
      host,
      clock,
      random: random.fork(host),
      settings,
      tell,
      onChange,
    }),
  )
  const api = createServer((_request, response) => {
    const ids = [...registered.keys(), ...draining.keys()].filter((id) => healthOf(id).state !== 'unused')
    const TargetHealthDescriptions = ids.map((id) => {
      const { state, reason, description } = healthOf(id)
      return {
        Target: { Id: id, Port: start.port },
        HealthCheckPort: String(start.port),
        TargetHealth: {
          State: state,
          ...(reason !== null && { Reason: reason }),
          ...(description !== null && { Description: description }),
        },
      }
    })
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.end(`${JSON.stringify({ TargetHealthDescriptions })}\n`)
  })
  const close = (): void => {
    for (const node of nodes) node.close()
    api.close()
    api.closeAllConnections()
  }
  try {
    for (const [index, node] of nodes.entries())
      await listen(node.server, start.hosts[index] ?? '', start.port)
    await listen(api, start.apiHost, start.port)
  } catch (error) {
    close()
    throw error
  }

  const deregister = (id: string): void => {
    const endsAtMs = clock.nowMs() + settings.deregistrationDelaySeconds * 1000 * start.timeScale
    registered.delete(id)
    draining.set(id, endsAtMs)
    tellHealth(id)
    clock.after(endsAtMs - clock.nowMs(), () => {
      if (draining.get(id) !== endsAtMs) return
      draining.delete(id)
      tellHealth(id)
    })
    for (const node of nodes) node.deregister(id, endsAtMs)
  }

  return {
    close,
    take: (message) => {
      switch (message.type) {
        case 'configure':
          settings = message.settings
          for (const node of nodes) node.configure(settings)
          return
        case 'register':
          for (const target of message.targets) {
            registered.set(target.id, target)
            draining.delete(target.id)
            tellHealth(target.id)
            for (const node of nodes) node.register({ id: target.id, place: placeOf(target) })
          }
          return
        case 'deregister':
          for (const id of message.ids) deregister(id)
          return
        case 'node-endpoints':
          nodeEndpoints.set(message.node, message.endpoints)
          return
        case 'settled':
          for (const node of nodes) node.settled()
          return
      }
    },
  }
}
