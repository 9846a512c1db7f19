/*
 * The only user of client-node: kubeconfig files as kubectl reads them, and the credentials that they describe. Read once,
 * at the start of a run; from then on the cluster is pinned, and only credentials are renewed.
 */
import { existsSync, readFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import { type Cluster, type ConfigOptions, KubeConfig, type User } from '@kubernetes/client-node'
import { parse } from 'yaml'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import { execUser } from './exec-plugin.ts'
import { arrayAt, objectAt, textAt } from './parse.ts'

/** Which cluster is meant. */
export interface ClusterChoice {
  /** `--kubeconfig`; `null` = KUBECONFIG, else ~/.kube/config. */
  readonly kubeconfig: string | null
  /** `--context`; `null` = the current one. */
  readonly context: string | null
  /** `--in-cluster`: the cluster that this process runs in, by its pod's service account. Never without being told. */
  readonly inCluster?: boolean
  /** The environment, for KUBECONFIG, HOME, and the address of the cluster that we are in. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where a pod finds its service account. */
  readonly serviceAccountDir?: string
}

/** What a call needs: headers, and the options of its TLS connection. */
export interface Login {
  readonly headers: Readonly<Partial<Record<string, string>>>
  readonly tls: Readonly<Record<string, unknown>>
}

/** A context of the kubeconfig, ready to be called. */
export interface KubeTarget {
  readonly context: string
  /** URL of the API server, without credentials. */
  readonly server: string
  readonly proxyUrl: string | null
  /** Namespace of the context; `default` when it names none. */
  readonly namespace: string
  /** Credentials as they are now; an exec plug-in runs when its last answer has expired. Throws KUBE_CONFIG. */
  login(): Promise<Login>
  /** The API server said 401: what is remembered of token files and plug-ins is forgotten. */
  forgetLogin(): void
}

/** The name of the context of `--in-cluster`. */
export const IN_CLUSTER = 'in-cluster'
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

const refuse = (message: string, hint: string, cause?: unknown): never => {
  throw new HarnessError('KUBE_CONFIG', message, { hint, ...(cause === undefined ? {} : { cause }) })
}

/** Files of the kubeconfig: the flag's, else those of KUBECONFIG that exist, else ~/.kube/config. */
const filesOf = ({ kubeconfig, env }: ClusterChoice): readonly string[] => {
  const hint =
    env.KUBERNETES_SERVICE_HOST === undefined
      ? 'give --kubeconfig FILE, or set KUBECONFIG; without a cluster, --lab runs the embedded one'
      : 'give --kubeconfig FILE, or --in-cluster for the cluster that this runs in'
  if (kubeconfig !== null) {
    return existsSync(kubeconfig) ? [kubeconfig] : refuse(`there is no kubeconfig ${kubeconfig}`, hint)
  }
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '')
  const candidates = listed.length > 0 ? listed : [join(env.HOME ?? env.USERPROFILE ?? '', '.kube', 'config')]
  const files = candidates.filter((file) => existsSync(file))
  return files.length > 0 ? files : refuse(`there is no kubeconfig: tried ${candidates.join(', ')}`, hint)
}

const LENIENT: Partial<ConfigOptions> = { onInvalidEntry: 'filter' }

const tokenFile = (path: string) => ({ name: 'tokenFile', config: { tokenFile: path } })

/** `tokenFile` of each user, by name: client-node does not know that field. Relative to the file, as all its paths. */
const tokenFilesOf = (file: string): ReadonlyMap<string, string> => {
  const files = new Map<string, string>()
  for (const entry of arrayAt(parse(readFileSync(file, 'utf8')), 'users')) {
    const [name, path] = [textAt(entry, 'name'), textAt(objectAt(entry, 'user'), 'tokenFile')]
    if (name !== null && path !== null) files.set(name, resolve(dirname(file), path))
  }
  return files
}

const readConfig = (file: string): KubeConfig => {
  const config = new KubeConfig()
  try {
    config.loadFromFile(file, LENIENT)
    const tokenFiles = tokenFilesOf(file)
    config.users = config.users.map((user) => {
      const path = tokenFiles.get(user.name)
      const { command } = (user.exec ?? {}) as { readonly command?: unknown }
      if (path !== undefined) return { ...user, authProvider: tokenFile(path) }
      // As kubectl: a plug-in named by a path is looked for beside the kubeconfig, a bare name in PATH.
      return typeof command === 'string' && command.includes('/') && !isAbsolute(command)
        ? { ...user, exec: { ...user.exec, command: resolve(dirname(file), command) } }
        : user
    })
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
const loadFiles = (choice: ClusterChoice): KubeConfig => {
  const configs = filesOf(choice).map(readConfig)
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
  if (choice.context !== null) merged.setCurrentContext(choice.context)
  const wanted: string | undefined = merged.currentContext
  if (!wanted) refuse('the kubeconfig has no current context', `choose one with --context: ${names}`)
  if (!merged.contexts.some(({ name }) => name === wanted)) {
    refuse(`the kubeconfig has no context ${wanted}`, `it has: ${names}`)
  }
  return merged
}

/** The cluster that this process runs in, as every pod is told of it: two variables and three files. */
const loadInCluster = ({ env, serviceAccountDir = SERVICE_ACCOUNT }: ClusterChoice): KubeConfig => {
  const [host, port] = [env.KUBERNETES_SERVICE_HOST, env.KUBERNETES_SERVICE_PORT ?? '443']
  const [token, ca, namespace] = ['token', 'ca.crt', 'namespace'].map((name) => join(serviceAccountDir, name))
  if (host === undefined || host === '' || token === undefined || !existsSync(token)) {
    const why =
      host === undefined || host === '' ? 'KUBERNETES_SERVICE_HOST is not set' : `there is no ${token}`
    return refuse(
      `--in-cluster: this does not run in a pod with a service account: ${why}`,
      'outside a cluster give --kubeconfig; in a pod see automountServiceAccountToken',
    )
  }
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [
      {
        name: IN_CLUSTER,
        server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
        skipTLSVerify: false,
        ...(ca !== undefined && existsSync(ca) ? { caFile: ca } : {}),
      },
    ],
    users: [{ name: IN_CLUSTER, authProvider: tokenFile(token) }],
    contexts: [
      {
        name: IN_CLUSTER,
        cluster: IN_CLUSTER,
        user: IN_CLUSTER,
        ...(namespace !== undefined && existsSync(namespace)
          ? { namespace: readFileSync(namespace, 'utf8').trim() }
          : {}),
      },
    ],
    currentContext: IN_CLUSTER,
  })
  return config
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
  return cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster
}

const withoutCredentials = (server: string): string => {
  const url = new URL(server)
  url.username = ''
  url.password = ''
  return url.href.replace(/\/$/, '')
}

const loginOf = async (config: KubeConfig): Promise<Login> => {
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
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
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value).trim()
  if (typeof options.auth === 'string' && headers.Authorization === undefined) {
    headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`
  }
  return { headers, tls }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** Finds the cluster that is meant. Throws KUBE_CONFIG with what there is. */
export const findTarget = (choice: ClusterChoice): KubeTarget => {
  const found = choice.inCluster === true ? loadInCluster(choice) : loadFiles(choice)
  const cluster = clusterOf(found)
  const context = found.getContextObject(found.currentContext)
  const named: User = found.getCurrentUser() ?? { name: context?.user ?? '' }
  const { user, plugin } = execUser(named, cluster)
  /** A new one has asked nobody yet: client-node remembers tokens in it. */
  const fresh = (): KubeConfig => {
    const config = new KubeConfig()
    config.loadFromOptions({
      clusters: [cluster],
      users: [user],
      contexts: context === null ? [] : [context],
      currentContext: found.currentContext,
    })
    return config
  }
  let config = fresh()
  /** Calls that come while a plug-in runs wait for the same answer. */
  let asking: Promise<Login> | null = null
  const login = async (): Promise<Login> => {
    try {
      return await loginOf(config)
    } catch (cause) {
      const told = messageOf(cause).trim().split('\n').slice(0, 5).join(' / ')
      return plugin === null
        ? refuse(
            `the credentials of context ${found.currentContext} could not be had: ${told}`,
            'run `kubectl --context … get ns` to see whether it can log in',
            cause,
          )
        : refuse(
            `the credential plug-in ${plugin.command} of context ${found.currentContext} failed: ${told === '' ? 'it said nothing' : told}`,
            isMissing(cause) && plugin.installHint !== null
              ? plugin.installHint
              : 'run `kubectl --context … get ns` to see whether it can log in',
            cause,
          )
    }
  }
  return {
    context: found.currentContext,
    server: withoutCredentials(cluster.server),
    proxyUrl: cluster.proxyUrl ?? null,
    namespace: context?.namespace ?? 'default',
    login: () => {
      asking ??= login().finally(() => {
        asking = null
      })
      return asking
    },
    forgetLogin: () => {
      config = fresh()
    },
  }
}
