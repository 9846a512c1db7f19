/*
 * The HTTP side of the cluster, over undici; the ports themselves are in reader.ts and rollout-control.ts, over
 * `KubeTransport`, and whom to call as whom is in kubeconfig.ts.
 */
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { type Clock, onNextPoll } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import { epochMs } from '../kernel/units.ts'
import { createEvictions } from './evictions.ts'
import { type ClusterChoice, findTarget, type KubeTarget, type Login } from './kubeconfig.ts'
import { createLeaseStore } from './lease-store.ts'
import { protocolError, refusedError, timedOutError, unreachableError } from './map-errors.ts'
import { createObjectStore } from './object-store.ts'
import { objectAt, textAt } from './parse.ts'
import type {
  ClusterReader,
  EvictionControl,
  LeaseStore,
  ObjectStore,
  RolloutControl,
  SurroundingsReader,
} from './ports.ts'
import { createReader } from './reader.ts'
import { createRolloutControl } from './rollout-control.ts'
import { createSurroundingsReader } from './surroundings.ts'
import type { KubeCall, KubeTransport } from './transport.ts'
import { checkWrite, type WritableDeployment } from './write-whitelist.ts'

export interface ConnectOptions extends ClusterChoice {
  readonly clock: Clock
  /** `--as`: the user to impersonate. */
  readonly as?: string | null
  /** `--request-timeout`, ms; for each call but watches. Default 15 s. */
  readonly requestTimeoutMs?: number | null
  /** The Deployment that may be restarted (and have variants) over this connection; none = nothing is ever written. */
  readonly writes?: WritableDeployment | null
}

export interface KubeConnection {
  readonly reader: ClusterReader
  readonly control: RolloutControl
  readonly leases: LeaseStore
  readonly objects: ObjectStore
  readonly evictions: EvictionControl
  readonly surroundings: SurroundingsReader
  /** URL of the API server, without credentials. */
  readonly server: string
  readonly context: string
  /** Namespace of the context; `default` when it names none. */
  readonly namespace: string
  readonly serverVersion: string
  close(): Promise<void>
}

const DEFAULT_TIMEOUT_MS = 15_000
const STREAM_HEADERS_MS = 15_000
/** The first login may wait for a person in a browser. */
const FIRST_LOGIN_MS = 120_000

/**
 * One dispatcher for all calls; a new one is made only when the TLS options change (exec plug-ins renew certificates).
 */
const createDispatchers = (proxyUrl: string | null) => {
  let current: { readonly key: string; readonly dispatcher: Dispatcher } | null = null
  const retired: Dispatcher[] = []
  return {
    of: (tls: Login['tls']): Dispatcher => {
      const key = JSON.stringify(tls)
      if (current?.key === key) return current.dispatcher
      if (current !== null) retired.push(current.dispatcher)
      const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 15_000, timeout: 10_000 }
      const shared = { allowH2: false, pipelining: 1, keepAliveTimeout: 30_000, bodyTimeout: 0 } as const
      const dispatcher =
        proxyUrl === null
          ? new Agent({ ...shared, connect })
          : new ProxyAgent({ ...shared, uri: proxyUrl, requestTls: connect })
      current = { key, dispatcher }
      return dispatcher
    },
    close: async (): Promise<void> => {
      const all = current === null ? retired : [...retired, current.dispatcher]
      current = null
      await Promise.all(all.splice(0).map((dispatcher) => dispatcher.destroy()))
    },
  }
}

/** The value, or the signal's reason, whichever comes first. */
const orAborted = <T>(value: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const createTransport = (
  target: KubeTarget,
  dispatchers: ReturnType<typeof createDispatchers>,
  options: ConnectOptions,
): KubeTransport => {
  const { clock } = options
  const { server } = target
  const impersonated = options.as == null ? {} : { 'Impersonate-User': options.as }
  const base = new URL(server)
  const prefix = base.pathname.replace(/\/$/, '')

  const send = async (call: KubeCall, signal: AbortSignal, headersTimeout: number) => {
    const { headers, tls } = await orAborted(target.login(), signal)
    return dispatchers.of(tls).request({
      origin: base.origin,
      path: prefix + call.path,
      method: call.method,
      headers: {
        accept: 'application/json',
        'user-agent': 'rollproof',
        ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
        ...headers,
        ...impersonated,
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      headersTimeout,
      bodyTimeout: 0,
      signal,
    })
  }

  const attempt = async (call: KubeCall, timeoutMs: number) => {
    const limit = new AbortController()
    // After a stall of our own an answer may be there, unread: it wins over its deadline.
    const cancel = clock.after(timeoutMs, () =>
      onNextPoll(() => limit.abort(timedOutError(server, call.purpose, timeoutMs))),
    )
    const signal = call.signal === undefined ? limit.signal : AbortSignal.any([call.signal, limit.signal])
    const sentAtMs = epochMs(clock.epochMs())
    try {
      const response = await send(call, signal, 0)
      const receivedAtMs = epochMs(clock.epochMs())
      const text = await response.body.text()
      return { response, text, sentAtMs, receivedAtMs }
    } catch (error) {
      if (error instanceof HarnessError) throw error
      if (signal.aborted) throw signal.reason
      throw unreachableError(server, call.purpose, error)
    } finally {
      cancel()
    }
  }

  return {
    server,
    request: async (call) => {
      checkWrite(call, options.writes ?? null)
      const timeoutMs = call.timeoutMs ?? options.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS
      let { response, text, sentAtMs, receivedAtMs } = await attempt(call, timeoutMs)
      // 401 means that nothing was done: with credentials that have just run out, once more with new ones.
      if (response.statusCode === 401) {
        target.forgetLogin()
        ;({ response, text, sentAtMs, receivedAtMs } = await attempt(call, timeoutMs))
      }
      const body = jsonOf(text)
      const header = (name: string): string | null => {
        const value = response.headers[name]
        return typeof value === 'string' ? value : null
      }
      if (response.statusCode < 200 || response.statusCode > 299) {
        throw refusedError(server, call.purpose, response.statusCode, body ?? text, header('retry-after'))
      }
      if (body === undefined) throw protocolError(server, call.purpose, 'the answer is no JSON')
      return { body, date: header('date'), sentAtMs, receivedAtMs }
    },
    stream: async (call) => {
      checkWrite(call, null)
      const signal = call.signal ?? new AbortController().signal
      try {
        const response = await send(call, signal, STREAM_HEADERS_MS)
        if (response.statusCode === 401) target.forgetLogin()
        if (response.statusCode !== 200) {
          const text = await response.body.text()
          throw refusedError(server, call.purpose, response.statusCode, jsonOf(text) ?? text)
        }
        return mapped(response.body, (error) =>
          signal.aborted ? signal.reason : unreachableError(server, call.purpose, error),
        )
      } catch (error) {
        if (error instanceof HarnessError) throw error
        if (signal.aborted) throw signal.reason
        throw unreachableError(server, call.purpose, error)
      }
    },
  }
}

async function* mapped(
  body: AsyncIterable<Uint8Array>,
  toError: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body
  } catch (error) {
    throw toError(error)
  }
}

/**
 * Connects to the API server of a kubeconfig context and asks for its version, so that a wrong address, certificate or
 * login is known at once. Throws KUBE_CONFIG, KUBE_UNREACHABLE, KUBE_UNAUTHORIZED …
 */
export const connectKube = async (options: ConnectOptions): Promise<KubeConnection> => {
  const target = findTarget(options)
  const { server, context, namespace } = target
  const dispatchers = createDispatchers(target.proxyUrl)
  const transport = createTransport(target, dispatchers, options)
  try {
    await firstLogin(target, options.clock)
    const purpose = { verb: 'get', resource: 'version', namespace: null, name: null }
    const { body } = await transport.request({ method: 'GET', path: '/version', purpose })
    return {
      reader: createReader(transport),
      control: createRolloutControl(transport),
      leases: createLeaseStore(transport),
      objects: createObjectStore(transport),
      evictions: createEvictions(transport),
      surroundings: createSurroundingsReader(transport),
      server,
      context,
      namespace,
      serverVersion: textAt(body, 'gitVersion') ?? textAt(objectAt(body, 'info'), 'gitVersion') ?? 'unknown',
      close: dispatchers.close,
    }
  } catch (error) {
    await dispatchers.close()
    throw error
  }
}

/** Later logins count against the deadline of their call. */
const firstLogin = async (target: KubeTarget, clock: Clock): Promise<void> => {
  const limit = new AbortController()
  const cancel = clock.after(FIRST_LOGIN_MS, () =>
    limit.abort(
      new HarnessError(
        'KUBE_CONFIG',
        `no credentials of context ${target.context} after ${FIRST_LOGIN_MS / 1000} s`,
        {
          hint: 'run `kubectl --context … get ns` to see whether it can log in',
        },
      ),
    ),
  )
  try {
    await orAborted(target.login(), limit.signal)
  } finally {
    cancel()
  }
}
