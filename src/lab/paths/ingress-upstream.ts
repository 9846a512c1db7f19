import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { type Clock, monotonicUs } from '../../kernel/clock.ts'
import type { FailedTry, Upstream } from './ingress-messages.ts'

/** nginx's proxy_read_timeout. */
const READ_TIMEOUT_MS = 60_000

export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer | null
}

export type TryResult =
  | { readonly ok: true; readonly response: IncomingMessage }
  | { readonly ok: false; readonly failed: FailedTry }

/** Keep-alive connections to the pods, one pool per pod. */
export interface UpstreamPools {
  /** One try at one pod; never repeats anything by itself. `signal` ends it when the client is gone. */
  tryOne(upstream: Upstream, wanted: UpstreamRequest, signal: AbortSignal): Promise<TryResult>
  /** Forgets the connections to all pods but these; what is in flight ends by itself. */
  keepOnly(upstreams: readonly Upstream[]): void
}

export interface UpstreamPoolsOptions {
  readonly clock: Clock
  readonly port: number
  /** Our own address, so that the pods can tell the ingress from other clients. */
  readonly localAddress: string
  readonly connectTimeoutMs: number
}

const kindOf = (error: Error, sent: boolean): FailedTry['kind'] => {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'ECONNREFUSED') return 'refused'
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'unreachable'
  if (code === 'TRY_TIMEOUT' || code === 'ETIMEDOUT') return sent ? 'timeout' : 'connect-timeout'
  if (code.startsWith('HPE_')) return 'protocol'
  return error.message === 'socket hang up' ? 'closed' : 'reset'
}

const timeoutError = (): Error => Object.assign(new Error('try timed out'), { code: 'TRY_TIMEOUT' })

export const createUpstreamPools = (options: UpstreamPoolsOptions): UpstreamPools => {
  const { clock, port, localAddress, connectTimeoutMs } = options
  const agents = new Map<string, Agent>()
  const agentOf = (address: string): Agent => {
    const agent = agents.get(address) ?? new Agent({ keepAlive: true, maxFreeSockets: 64 })
    agents.set(address, agent)
    return agent
  }

  return {
    tryOne: (upstream, wanted, signal) =>
      new Promise((done) => {
        const startedUs = monotonicUs()
        let sent = false
        const outgoing = request({
          agent: agentOf(upstream.address),
          host: upstream.address,
          port,
          localAddress,
          method: wanted.method,
          path: wanted.path,
          headers: wanted.headers,
        })
        const abort = (): void => {
          outgoing.destroy()
        }
        signal.addEventListener('abort', abort, { once: true })
        let cancelTimer = clock.after(connectTimeoutMs, () => outgoing.destroy(timeoutError()))
        const connected = (): void => {
          sent = true
          cancelTimer()
          cancelTimer = clock.after(READ_TIMEOUT_MS, () => outgoing.destroy(timeoutError()))
        }
        const settle = (result: TryResult): void => {
          cancelTimer()
          signal.removeEventListener('abort', abort)
          done(result)
        }
        outgoing.once('socket', (socket) => {
          if (socket.connecting) socket.once('connect', connected)
          else connected()
        })
        outgoing.once('response', (response) => settle({ ok: true, response }))
        outgoing.on('error', (error) => {
          const kind = kindOf(error, sent)
          const reused = outgoing.reusedSocket
          settle({ ok: false, failed: { upstream, kind, sent, reused, startedUs, endedUs: monotonicUs() } })
        })
        outgoing.end(wanted.body ?? undefined)
      }),
    keepOnly: (upstreams) => {
      const wanted = new Set(upstreams.map(({ address }) => address))
      for (const [address, agent] of agents) {
        if (wanted.has(address)) continue
        agents.delete(address)
        for (const free of Object.values(agent.freeSockets)) for (const socket of free ?? []) socket.destroy()
      }
    },
  }
}
