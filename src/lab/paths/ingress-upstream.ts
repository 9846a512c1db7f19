import {
  Agent,
  type AgentOptions,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
} from 'node:http'
import { connect, type Socket } from 'node:net'
import { type Clock, monotonicUs } from '../../kernel/clock.ts'
import type { FailedTry, Upstream } from './ingress-messages.ts'

/**
 * Where a proxy sends: connections are kept for it under its id. `place` says, for each new connection, which pod it
 * leads to: always the same for a pod, any pod behind a node's port.
 */
export interface Target {
  readonly id: string
  readonly place: () => Upstream
}

export const targetOf = (upstream: Upstream): Target => ({ id: upstream.address, place: () => upstream })

export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer | null
}

export type TryResult =
  | {
      readonly ok: true
      readonly response: IncomingMessage
      readonly upstream: Upstream
      /** `cut` ended it. */
      readonly wasCut: () => boolean
    }
  | { readonly ok: false; readonly failed: FailedTry }

/** Keep-alive connections to the pods, one pool per target. */
export interface UpstreamPools {
  /** One try at one target; never repeats anything by itself. `signal` ends it when the client is gone. */
  tryOne(target: Target, wanted: UpstreamRequest, signal: AbortSignal): Promise<TryResult>
  /** Forgets the connections to all targets but these; what is in flight ends by itself. */
  keepOnly(ids: ReadonlySet<string>): void
  /** Ends what is in flight to this target, as `deregistered`. */
  cut(id: string): void
}

export interface UpstreamPoolsOptions {
  readonly clock: Clock
  readonly port: number
  /** For the first byte of an answer, and between two: nginx's proxy_read_timeout, an ALB's idle timeout. */
  readonly readTimeoutMs: () => number
  /** Our own address, so that the pods can tell the ingress from other clients. */
  readonly localAddress: string
  readonly connectTimeoutMs: number
}

/** Code of the error with which `cut` ends a request. */
const CUT = 'TARGET_DEREGISTERED'

/** An agent whose new connections go where `place` says, and that remembers where that was. */
class PlacedAgent extends Agent {
  private readonly places = new WeakMap<object, Upstream>()
  private readonly to: {
    readonly place: () => Upstream
    readonly port: number
    readonly localAddress: string
  }

  constructor(to: PlacedAgent['to'], options: AgentOptions) {
    super(options)
    this.to = to
  }

  override createConnection(): Socket {
    const upstream = this.to.place()
    const socket = connect({ host: upstream.address, port: this.to.port, localAddress: this.to.localAddress })
    socket.setNoDelay(true)
    this.places.set(socket, upstream)
    return socket
  }

  placeOf(socket: object): Upstream | null {
    return this.places.get(socket) ?? null
  }
}

const kindOf = (error: Error, sent: boolean): FailedTry['kind'] => {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === CUT) return 'deregistered'
  if (code === 'ECONNREFUSED') return 'refused'
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'unreachable'
  if (code === 'TRY_TIMEOUT' || code === 'ETIMEDOUT') return sent ? 'timeout' : 'connect-timeout'
  if (code.startsWith('HPE_')) return 'protocol'
  return error.message === 'socket hang up' ? 'closed' : 'reset'
}

const isCut = (error: Error | null): boolean =>
  error !== null && (error as NodeJS.ErrnoException).code === CUT

const timeoutError = (): Error => Object.assign(new Error('try timed out'), { code: 'TRY_TIMEOUT' })

export const createUpstreamPools = (options: UpstreamPoolsOptions): UpstreamPools => {
  const { clock, port, localAddress, connectTimeoutMs } = options
  const agents = new Map<string, PlacedAgent>()
  const inFlight = new Map<string, Set<ClientRequest>>()
  const agentOf = ({ id, place }: Target): PlacedAgent => {
    const agent =
      agents.get(id) ??
      new PlacedAgent({ place, port, localAddress }, { keepAlive: true, maxFreeSockets: 64 })
    agents.set(id, agent)
    return agent
  }
  const track = (id: string, outgoing: ClientRequest): void => {
    const all = inFlight.get(id) ?? new Set()
    inFlight.set(id, all.add(outgoing))
    outgoing.once('close', () => {
      all.delete(outgoing)
      if (all.size === 0 && inFlight.get(id) === all) inFlight.delete(id)
    })
  }

  return {
    tryOne: (target, wanted, signal) =>
      new Promise((done) => {
        const startedUs = monotonicUs()
        let sent = false
        const agent = agentOf(target)
        /** Where the connection leads; before there is one, where the target leads now. */
        let upstream: Upstream | null = null
        const outgoing = request({
          agent,
          // Only names the pool: the agent decides where a connection goes.
          host: target.id,
          method: wanted.method,
          path: wanted.path,
          headers: wanted.headers,
        })
        track(target.id, outgoing)
        const abort = (): void => {
          outgoing.destroy()
        }
        signal.addEventListener('abort', abort, { once: true })
        let cancelTimer = clock.after(connectTimeoutMs, () => outgoing.destroy(timeoutError()))
        const connected = (): void => {
          sent = true
          cancelTimer()
          cancelTimer = clock.after(options.readTimeoutMs(), () => outgoing.destroy(timeoutError()))
        }
        const settle = (result: TryResult): void => {
          cancelTimer()
          signal.removeEventListener('abort', abort)
          done(result)
        }
        outgoing.once('socket', (socket) => {
          upstream = agent.placeOf(socket)
          if (socket.connecting) socket.once('connect', connected)
          else connected()
        })
        outgoing.once('response', (response) =>
          settle({
            ok: true,
            response,
            upstream: upstream ?? target.place(),
            wasCut: () => isCut(outgoing.errored),
          }),
        )
        outgoing.on('error', (error) => {
          const kind = kindOf(error, sent)
          const reused = outgoing.reusedSocket
          const to = upstream ?? target.place()
          const endedUs = monotonicUs()
          settle({ ok: false, failed: { upstream: to, kind, sent, reused, startedUs, endedUs } })
        })
        outgoing.end(wanted.body ?? undefined)
      }),
    keepOnly: (wanted) => {
      for (const [id, agent] of agents) {
        if (wanted.has(id)) continue
        agents.delete(id)
        for (const free of Object.values(agent.freeSockets)) for (const socket of free ?? []) socket.destroy()
      }
    },
    cut: (id) => {
      for (const outgoing of inFlight.get(id) ?? [])
        outgoing.destroy(Object.assign(new Error('target deregistered'), { code: CUT }))
    },
  }
}
