import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { isLocalContext } from '../../src/kube/context-policy.ts'
import { labConfig } from '../../src/lab/lab-config.ts'
import { startLab } from '../../src/lab/start-lab.ts'
import { LAB_DEFAULTS } from '../../src/scenario/defaults.ts'
import { type ApiObject, asApiObject } from '../support/api-object.ts'
import { type CollectedWatch, collectWatch } from '../support/collect-watch.ts'

/** What a watch said, and when it reached us (Unix ms). */
export interface Seen {
  readonly type: string
  readonly object: ApiObject
  readonly atMs: number
}

export type Watch = CollectedWatch<Seen>

export interface Answer {
  readonly code: number
  readonly body: ApiObject
}

/** A Kubernetes that the suite is held against. */
export interface Backend {
  readonly kind: 'lab' | 'cluster'
  /** Made for the suite, and removed with all that is in it. */
  readonly namespace: string
  /** An image with `sh`. */
  readonly image: string
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
  /** Opens a watch: path with its query, without `watch=true`. */
  watch(path: string): Promise<Watch>
  stop(): Promise<void>
}

type Open = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
) => Promise<ClientRequest>

const responseOf = (request: ClientRequest, body: string | undefined): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
    request.end(body)
  })

const textOf = async (response: IncomingMessage): Promise<string> => {
  response.setEncoding('utf8')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

/** What is no JSON, as of a proxy or of a watch, is the message of an answer without anything else. */
const bodyOf = (text: string): ApiObject => {
  try {
    return asApiObject(JSON.parse(text))
  } catch {
    return asApiObject({ message: text })
  }
}

const call =
  (open: Open): Backend['call'] =>
  async (method, path, body, headers = {}) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const request = await open(method, path, {
      accept: 'application/json',
      ...(text !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
      }),
      ...headers,
    })
    const response = await responseOf(request, text)
    return { code: response.statusCode ?? 0, body: bodyOf(await textOf(response)) }
  }

const watch =
  (open: Open): Backend['watch'] =>
  async (path) => {
    const target = `${path}${path.includes('?') ? '&' : '?'}watch=true`
    const request = await open('GET', target, { accept: 'application/json' })
    const response = await responseOf(request, undefined)
    const parse = (line: string): Seen => {
      const { type, object }: { type: string; object: unknown } = JSON.parse(line)
      return { type, object: asApiObject(object), atMs: Date.now() }
    }
    return collectWatch(response, parse, () => request.destroy())
  }

/** An API without TLS and credentials. */
export const plainApi = (url: string): Pick<Backend, 'call' | 'watch'> => {
  const base = new URL(url)
  const open: Open = async (method, path, headers) =>
    httpRequest({
      host: base.hostname,
      port: base.port,
      path: base.pathname.replace(/\/$/, '') + path,
      method,
      headers,
    })
  return { call: call(open), watch: watch(open) }
}

const openLab = async (): Promise<Backend> => {
  const { app } = LAB_DEFAULTS
  const quick = { ...app, startupMs: 0, readyMs: 0, drainMs: 0 }
  const settings = {
    ...LAB_DEFAULTS,
    replicas: 1,
    preStop: 'none' as const,
    probePeriodSeconds: 0.2,
    app: quick,
  }
  const lab = await startLab({ ...labConfig(settings), autoscalerPeriodMs: 500 })
  return {
    kind: 'lab',
    namespace: 'conformance',
    image: 'rollproof.local/busybox:1',
    ...plainApi(lab.apiUrl),
    stop: lab.stop,
  }
}

const openCluster = async (env: NodeJS.ProcessEnv): Promise<Backend> => {
  const config = new KubeConfig()
  config.loadFromDefault()
  const server = config.getCurrentCluster()?.server ?? ''
  if (!isLocalContext(config.currentContext, server))
    throw new Error(`context ${config.currentContext} (${server}) is not known to be local`)
  const base = new URL(server)
  const open: Open = async (method, path, headers) => {
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    return httpsRequest({
      ...options,
      host: base.hostname,
      port: base.port || 443,
      path: base.pathname.replace(/\/$/, '') + path,
      method,
      headers: { ...options.headers, ...headers },
    })
  }
  const namespace = `conformance-${process.pid}`
  const api = call(open)
  return {
    kind: 'cluster',
    namespace,
    image: env.ROLLPROOF_CONFORMANCE_IMAGE ?? 'busybox:1.36',
    call: api,
    watch: watch(open),
    stop: async () => {
      await api('DELETE', `/api/v1/namespaces/${namespace}`)
    },
  }
}

/**
 * Opens the Kubernetes that ROLLPROOF_CONFORMANCE names (`lab`, the default, or `cluster`: the current context of
 * KUBECONFIG, which must be known to be local) with an empty namespace in it.
 */
export const openBackend = async (env: NodeJS.ProcessEnv): Promise<Backend> => {
  const backend = await (env.ROLLPROOF_CONFORMANCE === 'cluster' ? openCluster(env) : openLab())
  const metadata = { name: backend.namespace }
  const { code, body } = await backend.call('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata,
  })
  if (code !== 201) {
    await backend.stop()
    throw new Error(`the namespace was not made: ${JSON.stringify(body)}`)
  }
  if (backend.kind === 'cluster') {
    // Pods are refused until the namespace has its service account.
    const accounts = await backend.watch(`/api/v1/namespaces/${backend.namespace}/serviceaccounts`)
    await accounts.next(({ object }) => object.metadata.name === 'default')
    accounts.stop()
  }
  return backend
}
