import { Resolver } from 'node:dns'
import { Agent, request } from 'node:http'
import type { LookupFunction } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RawFailure {
  readonly requestId: string
  /** Error code, or the status. */
  readonly what: string
  readonly reused: boolean
  readonly address: string | null
  readonly localPort: number | null
  readonly startedUs: number
  readonly path: string
}

export interface RawLoad {
  readonly sent: number
  readonly ok: number
  readonly failures: readonly RawFailure[]
  /** Requests by the pod that answered. */
  readonly byPod: ReadonlyMap<string, number>
}

export interface RawLoadOptions {
  readonly url: string
  readonly resolver: string
  readonly vus: number
  readonly paceMs: number
  readonly fresh?: boolean
  readonly timeoutMs?: number
  readonly method?: string
  readonly path?: string
}

const nowUs = (): number => Number(process.hrtime.bigint() / 1000n)

/** A client without the project's engine: one agent with one connection per vUser, never a retry. */
export const startRawLoad = (options: RawLoadOptions): { stop(): Promise<RawLoad> } => {
  const { url, vus, paceMs, fresh = false, timeoutMs = 4000, method = 'GET' } = options
  const resolver = new Resolver()
  resolver.setServers([options.resolver])
  const target = new URL(options.path ?? '/', url)
  const isAddress = /^[\d.]+$/.test(target.hostname)
  const failures: RawFailure[] = []
  const byPod = new Map<string, number>()
  let sent = 0
  let ok = 0
  let running = true

  const once = (agent: Agent | false, requestId: string): Promise<void> =>
    new Promise((done) => {
      const startedUs = nowUs()
      let address: string | null = null
      let localPort: number | null = null
      let finished = false
      sent += 1
      const outgoing = request(target, {
        agent,
        method,
        headers: { 'X-Request-Id': requestId },
        ...(!isAddress && {
          lookup: ((name, _options, callback) => {
            resolver.resolve4(name, (error, [found] = []) => {
              address = found ?? null
              callback(error, [{ address: found ?? '', family: 4 }])
            })
          }) satisfies LookupFunction,
        }),
      })
      const finish = (what: string | null): void => {
        if (finished) return
        finished = true
        clearTimeout(timer)
        if (what === null) ok += 1
        else
          failures.push({
            requestId,
            what,
            reused: outgoing.reusedSocket,
            address,
            localPort,
            startedUs,
            path: target.pathname,
          })
        done()
      }
      const timer = setTimeout(() => {
        finish(localPort === null || outgoing.socket?.connecting ? 'CONNECT_TIMEOUT' : 'TIMEOUT')
        outgoing.destroy()
      }, timeoutMs)
      outgoing.once('socket', (socket) => {
        const note = (): void => {
          localPort = socket.localPort ?? null
          address = socket.remoteAddress ?? address
        }
        if (socket.connecting) socket.once('connect', note)
        else note()
      })
      outgoing.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
      outgoing.once('response', (response) => {
        const pod = String(response.headers['x-pod'])
        byPod.set(pod, (byPod.get(pod) ?? 0) + 1)
        response.resume()
        response.on('error', () => {})
        response.once('close', () => {
          if (!response.complete) finish('TRUNCATED')
          else
            finish(
              response.statusCode === 200
                ? null
                : `${response.statusCode} ${response.headers.server ?? 'app'}`,
            )
        })
      })
      outgoing.end(method === 'POST' ? 'hello' : undefined)
    })

  const user = async (vu: number): Promise<void> => {
    const agent = fresh ? false : new Agent({ keepAlive: true, maxSockets: 1 })
    await sleep((paceMs * vu) / vus)
    for (let index = 0; running; index++) {
      const startedMs = performance.now()
      await once(agent, `t-${vu}-${index}`)
      await sleep(Math.max(0, paceMs - (performance.now() - startedMs)))
    }
    if (agent !== false) agent.destroy()
  }
  const users = Promise.all(Array.from({ length: vus }, (_, vu) => user(vu)))
  return {
    stop: async () => {
      running = false
      await users
      return { sent, ok, failures, byPod }
    },
  }
}
