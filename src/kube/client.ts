/*
 * All that touches client-node (kubeconfig, credentials) and undici (HTTP) for the cluster, in one file, so that nothing
 * else needs to know either of them; the ports themselves are in reader.ts and rollout-control.ts, over `KubeTransport`.
 */
import { existsSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { delimiter, join } from 'node:path'
import { type Cluster, type ConfigOptions, KubeConfig, type User } from '@kubernetes/client-node'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { type Clock, onNextPoll } from '../kernel/clock.ts'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import { epochMs } from '../kernel/units.ts'
import { createLeaseStore } from './lease-store.ts'
import { protocolError, refusedError, timedOutError, unreachableError } from './map-errors.ts'
import { createObjectStore } from './object-store.ts'
import { objectAt, textAt } from './parse.ts'
import type { ClusterReader, LeaseStore, ObjectStore, RolloutControl, SurroundingsReader } from './ports.ts'
import { createReader } from './reader.ts'
import { createRolloutControl } from './rollout-control.ts'
import { createSurroundingsReader } from './surroundings.ts'
import type { KubeCall, KubeTransport } from './transport.ts'
import { checkWrite, type WritableDeployment } from './write-whitelist.ts'

export interface ConnectOptions {
  readonly clock: Clock
  /** `--kubeconfig`; `null` = KUBECONFIG, else ~/.kube/config. */
  readonly kubeconfig: string | null
  /** `--context`; `null` = the current one. */
  readonly context: string | null
  /** `--as`: the user to impersonate. */
  readonly as?: string | null
  /** `--request-timeout`, ms; for each call but watches. Default 15 s. */
  readonly requestTimeoutMs?: number | null
  /** The Deployment that may be restarted (and have variants) over this connection; none = nothing is ever written. */
  readonly writes?: WritableDeployment | null
  /** The environment, for KUBECONFIG and HOME. */
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface KubeConnection {
  readonly reader: ClusterReader
  readonly control: RolloutControl
  readonly leases: LeaseStore
  readonly objects: ObjectStore
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

const refuse = (message: string, hint: string, cause?: unknown): never => {
  throw new HarnessError('KUBE_CONFIG', message, { hint, ...(cause === undefined ? {} : { cause }) })
}

/** Files of the kubeconfig: the flag's, else those of KUBECONFIG that exist, else ~/.kube/config. */
const filesOf = ({ kubeconfig, env }: ConnectOptions): readonly string[] => {
  const hint = 'give --kubeconfig FILE, or set KUBECONFIG; without a cluster, --lab runs the embedded one'
  if (kubeconfig !== null) {
    return existsSync(kubeconfig) ? [kubeconfig] : refuse(`there is no kubeconfig ${kubeconfig}`, hint)
  }
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '')
  const candidates = listed.length > 0 ? listed : [join(env.HOME ?? env.USERPROFILE ?? '', '.kube', 'config')]
  const files = candidates.filter((file) => existsSync(file))
  return files.length > 0 ? files : refuse(`there is no kubeconfig: tried ${candidates.join(', ')}`, hint)
}

const LENIENT: Partial<ConfigOptions> = { onInvalidEntry: 'filter' }

const readConfig = (file: string): KubeConfig => {
  const config = new KubeConfig()
  try {
    config.loadFromFile(file, LENIENT)
  } catch (cause) {
    refuse(
      `cannot read kubeconfig ${file}: ${messageOf(cause)}`,
      'is it a kubeconfig, and valid YAML?',
      cause,
    )
  }
  return config
}

/** Joins files as kubectl does: the first one that names a cluster, user, context or current context wins. */
const loadConfig = (options: ConnectOptions): KubeConfig => {
  const configs = filesOf(options).map(readConfig)
  const firstOf = <T extends { readonly name: string }>(lists: readonly (readonly T[])[]): T[] => {
    const byName = new Map<string, T>()
    for (const entry of lists.flat()) if (!byName.has(entry.name)) byName.set(entry.name, entry)
    return [...byName.values()]
  }
  const merged = new KubeConfig()
  merged.loadFromOptions({
    clusters: firstOf(configs.map((config) => config.clusters)),
    users: firstOf(configs.map((config) => config.users)),
    contexts: firstOf(configs.map((config) => config.contexts)),
    currentContext: configs.map((config) => config.currentContext).find((name) => name),
  })
  const names = merged.contexts.map(({ name }) => name).join(', ') || 'none'
  if (options.context !== null) merged.setCurrentContext(options.context)
  const wanted: string | undefined = merged.currentContext
  if (!wanted) refuse('the kubeconfig has no current context', `choose one with --context: ${names}`)
  if (!merged.contexts.some(({ name }) => name === wanted)) {
    refuse(`the kubeconfig has no context ${wanted}`, `it has: ${names}`)
  }
  return merged
}

/** The cluster of the context; plain http is allowed, as kubectl allows it. */
const clusterOf = (config: KubeConfig): Cluster => {
  const cluster = config.getCurrentCluster()
  if (cluster === null || !cluster.server) {
    return refuse(`context ${config.currentContext} names no cluster with a server`, 'mend the kubeconfig')
  }
  if (!URL.canParse(cluster.server)) {
    return refuse(`the server of context ${config.currentContext} is no URL`, 'mend the kubeconfig')
  }
  if (!cluster.server.startsWith('http:')) return cluster
  const plain = { ...cluster, skipTLSVerify: true }
  config.clusters = config.clusters.map((other) => (other.name === cluster.name ? plain : other))
  return plain
}

interface Credentials {
  readonly headers: Readonly<Partial<Record<string, string>>>
  readonly dispatcher: Dispatcher
}

/**
 * Credentials for each call, and one dispatcher for all: client-node builds a new Agent per request, which costs a TLS
 * handshake each. A new dispatcher is made only when the client certificate changes (exec plugins renew them).
 */
const createCredentials = (config: KubeConfig, cluster: Cluster, as: string | null) => {
  let current: { readonly key: string; readonly dispatcher: Dispatcher } | null = null
  const retired: Dispatcher[] = []

  const dispatcherFor = (tls: Readonly<Record<string, unknown>>): Dispatcher => {
    const key = JSON.stringify(tls)
    if (current?.key === key) return current.dispatcher
    if (current !== null) retired.push(current.dispatcher)
    const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 15_000, timeout: 10_000 }
    const shared = { allowH2: false, pipelining: 1, keepAliveTimeout: 30_000, bodyTimeout: 0 } as const
    const dispatcher =
      cluster.proxyUrl === undefined
        ? new Agent({ ...shared, connect })
        : new ProxyAgent({ ...shared, uri: cluster.proxyUrl, requestTls: connect })
    current = { key, dispatcher }
    return dispatcher
  }

  return {
    get: async (): Promise<Credentials> => {
      const options: RequestOptions = {}
      try {
        await config.applyToHTTPSOptions(options)
      } catch (cause) {
        refuse(
          `the credentials of context ${config.currentContext} could not be had: ${messageOf(cause)}`,
          'run `kubectl --context … get ns` to see whether it can log in',
          cause,
        )
      }
      const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options
      const given = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }
      const tls = Object.fromEntries(
        Object.entries(given).flatMap(([name, value]) =>
          value === undefined
            ? []
            : [[name, Buffer.isBuffer(value) && name !== 'pfx' ? value.toString() : value]],
        ),
      )
      const headers: Partial<Record<string, string>> = {}
      for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value)
      if (typeof options.auth === 'string' && headers.Authorization === undefined) {
        headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`
      }
      if (as !== null) headers['Impersonate-User'] = as
      return { headers, dispatcher: dispatcherFor(tls) }
    },
    close: async (): Promise<void> => {
      const all = current === null ? retired : [...retired, current.dispatcher]
      current = null
      await Promise.all(all.splice(0).map((dispatcher) => dispatcher.destroy()))
    },
  }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const createTransport = (
  server: string,
  credentials: ReturnType<typeof createCredentials>,
  options: ConnectOptions,
): KubeTransport => {
  const { clock } = options
  const base = new URL(server)
  const prefix = base.pathname.replace(/\/$/, '')

  const send = async (call: KubeCall, signal: AbortSignal, headersTimeout: number) => {
    const { headers, dispatcher } = await credentials.get()
    return dispatcher.request({
      origin: base.origin,
      path: prefix + call.path,
      method: call.method,
      headers: {
        accept: 'application/json',
        'user-agent': 'rollproof',
        ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
        ...headers,
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
      if (response.statusCode === 401)
        ({ response, text, sentAtMs, receivedAtMs } = await attempt(call, timeoutMs))
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

const withoutCredentials = (server: string): string => {
  const url = new URL(server)
  url.username = ''
  url.password = ''
  return url.href.replace(/\/$/, '')
}

/**
 * Connects to the API server of a kubeconfig context and asks for its version, so that a wrong address, certificate or
 * login is known at once. Throws KUBE_CONFIG, KUBE_UNREACHABLE, KUBE_UNAUTHORIZED …
 */
export const connectKube = async (options: ConnectOptions): Promise<KubeConnection> => {
  const config = loadConfig(options)
  const cluster = clusterOf(config)
  const user: User | null = config.getCurrentUser()
  if (user === null) config.users = [...config.users, { name: anonymous(config) }]
  const server = withoutCredentials(cluster.server)
  const credentials = createCredentials(config, cluster, options.as ?? null)
  const transport = createTransport(server, credentials, options)
  try {
    const purpose = { verb: 'get', resource: 'version', namespace: null, name: null }
    const { body } = await transport.request({ method: 'GET', path: '/version', purpose })
    return {
      reader: createReader(transport),
      control: createRolloutControl(transport),
      leases: createLeaseStore(transport),
      objects: createObjectStore(transport),
      surroundings: createSurroundingsReader(transport),
      server,
      context: config.currentContext,
      namespace: config.getContextObject(config.currentContext)?.namespace ?? 'default',
      serverVersion: textAt(body, 'gitVersion') ?? textAt(objectAt(body, 'info'), 'gitVersion') ?? 'unknown',
      close: credentials.close,
    }
  } catch (error) {
    await credentials.close()
    throw error
  }
}

/** The name that the context gives its user, though nothing is known of that user. */
const anonymous = (config: KubeConfig): string => config.getContextObject(config.currentContext)?.user ?? ''
