/** A request as it was on the wire. */
export interface SeenWrite {
  readonly method: string
  /** Path without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly contentType: string
  readonly body: unknown
}

const NAME = '[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?'
const TIME = '[-:.\\dTZ]+'
const RESTART = new RegExp(
  `^\\{"metadata":\\{"uid":"[-\\w]+"\\},"spec":\\{"template":\\{"metadata":\\{"annotations":\\{"kubectl\\.kubernetes\\.io/restartedAt":"${TIME}"\\}\\}\\}\\}\\}$`,
)
const DEPLOYMENT = new RegExp(`/apis/apps/v1/namespaces/${NAME}/deployments/${NAME}$`)
const LEASES = new RegExp(`/apis/coordination\\.k8s\\.io/v1/namespaces/(${NAME})/leases$`)
const LEASE = new RegExp(`/apis/coordination\\.k8s\\.io/v1/namespaces/(${NAME})/leases/(rollproof-${NAME})$`)

const keysOf = (value: unknown): string =>
  Object.keys(value ?? {})
    .sort()
    .join(' ')

interface LeaseBody {
  readonly apiVersion?: unknown
  readonly kind?: unknown
  readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown; readonly labels?: unknown }
  readonly spec?: unknown
}

/** A Lease of ours, in this namespace, with nothing in it that a Lease of ours has not. */
const isLease = (body: unknown, namespace: string | undefined, name: string | null): boolean => {
  const { apiVersion, kind, metadata, spec } = (body ?? {}) as LeaseBody
  const own = String(metadata?.name)
  return (
    apiVersion === 'coordination.k8s.io/v1' &&
    kind === 'Lease' &&
    keysOf(body) === 'apiVersion kind metadata spec' &&
    metadata?.namespace === namespace &&
    (name === null ? own.startsWith('rollproof-') : own === name) &&
    /^labels name namespace ownerReferences( resourceVersion)?$/.test(keysOf(metadata)) &&
    keysOf(metadata?.labels) === 'app.kubernetes.io/managed-by' &&
    /^(acquireTime )?(holderIdentity )?(leaseDurationSeconds )?leaseTransitions( renewTime)?$/.test(
      keysOf(spec),
    )
  )
}

const VARIANT_OBJECT = new RegExp(
  `/(apis/apps/v1/namespaces/${NAME}/deployments|api/v1/namespaces/${NAME}/services|apis/networking\\.k8s\\.io/v1/namespaces/${NAME}/ingresses|apis/policy/v1/namespaces/${NAME}/poddisruptionbudgets)/${NAME}$`,
)
const AUTOSCALER = new RegExp(`/apis/autoscaling/v2/namespaces/${NAME}/horizontalpodautoscalers/${NAME}$`)
const BOUNDS = ['/spec/maxReplicas', '/spec/minReplicas']
const JOURNAL = '/metadata/annotations/rollproof.dev~1journal'
/** What no variant may set, wherever it stands. */
const NEVER =
  /^\/(status|kind|apiVersion)|^\/metadata\/(?!annotations\/)|^\/metadata\/annotations\/(kubectl|deployment)\.kubernetes|^\/spec\/(replicas|selector|paused)|^\/spec\/template\/metadata\/labels|^\/spec$|^\/spec\/template(\/metadata)?$/

interface Operation {
  readonly op?: unknown
  readonly path?: unknown
  readonly value?: unknown
}

interface Journal {
  readonly variant?: unknown
  readonly changes?: readonly Operation[]
}

/** What a journal says; nothing when it is no JSON, as one that somebody forged. */
const recordOf = (text: string): Journal => {
  try {
    return JSON.parse(text) as Journal
  } catch {
    return {}
  }
}

/** That the journal in it says that nothing but these fields was changed, by the choreography that does so. */
const isScaleDown = (operations: readonly Operation[], fields: readonly string[]): boolean => {
  const journal = operations.find(({ path, value }) => path === JOURNAL && typeof value === 'string')
  const { variant, changes = [] } = recordOf(String(journal?.value ?? '{}'))
  return (
    variant === 'scale-down' &&
    changes.length > 0 &&
    changes.every(({ path }) => fields.includes(String(path)))
  )
}

/** A JSON patch that holds for one version of one object only, and carries or takes away the journal. */
const isJournaled = (body: unknown): boolean => {
  if (!Array.isArray(body)) return false
  const operations = body as readonly Operation[]
  const mayScale = isScaleDown(operations, ['/spec/replicas'])
  const tests = operations.filter(({ op }) => op === 'test')
  const sets = operations.filter(({ op }) => op !== 'test')
  const isTested = (path: string): boolean =>
    tests.some(
      (operation) => operation.path === path && typeof operation.value === 'string' && operation.value !== '',
    )
  return (
    isTested('/metadata/uid') &&
    isTested('/metadata/resourceVersion') &&
    sets.some(({ path }) => path === JOURNAL) &&
    sets.every(({ op, path, value }) => {
      if (!['add', 'replace', 'remove'].includes(String(op))) return false
      const isEmptyMap = JSON.stringify(value) === '{}' && String(path).endsWith('/annotations')
      const isScale = mayScale && path === '/spec/replicas' && typeof value === 'number'
      return isEmptyMap || isScale || !NEVER.test(String(path))
    })
  )
}

/** The same of an autoscaler: its bounds and the journal, nothing else. */
const isBounds = (body: unknown): boolean => {
  if (!isJournaled(body)) return false
  const operations = body as readonly Operation[]
  return (
    isScaleDown(operations, BOUNDS) &&
    operations.every(
      ({ op, path, value }) =>
        op === 'test' ||
        path === JOURNAL ||
        path === '/metadata/annotations' ||
        (op === 'replace' && BOUNDS.includes(String(path)) && Number.isInteger(value)),
    )
  )
}

const EVICTION = new RegExp(`/api/v1/namespaces/(${NAME})/pods/(${NAME})/eviction$`)

/** An eviction of the pod that the path names, and of that very one. */
const isEviction = (body: unknown, namespace: string | undefined, name: string | undefined): boolean =>
  new RegExp(
    `^\\{"apiVersion":"policy/v1","kind":"Eviction","metadata":\\{"name":"${name}","namespace":"${namespace}"\\},"deleteOptions":\\{"preconditions":\\{"uid":"[-\\w]+"\\}\\}\\}$`,
  ).test(JSON.stringify(body))

/**
 * What a run may write, told apart by what the wire showed, with no word of the program's own list. `OUTSIDE: …` = no run
 * may send this.
 */
export const kindOfWrite = ({ method, path, query, contentType, body }: SeenWrite): string => {
  if (method === 'POST' && path.endsWith('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'))
    return 'access review'
  const isPatch = method === 'PATCH' && contentType === 'application/strategic-merge-patch+json'
  if (isPatch && DEPLOYMENT.test(path) && RESTART.test(JSON.stringify(body)))
    return query.get('dryRun') === 'All' ? 'dry run of a restart' : 'restart'
  if (method === 'PATCH' && VARIANT_OBJECT.test(path)) {
    if (query.get('dryRun') === 'All') return 'dry run of a variant'
    if (contentType === 'application/json-patch+json' && isJournaled(body)) return 'variant or its restore'
  }
  if (method === 'PATCH' && AUTOSCALER.test(path)) {
    if (query.get('dryRun') === 'All') return "dry run of an autoscaler's bounds"
    if (contentType === 'application/json-patch+json' && isBounds(body))
      return "an autoscaler's bounds or their restore"
  }
  const eviction = EVICTION.exec(path)
  if (method === 'POST' && eviction !== null && isEviction(body, eviction[1], eviction[2])) return 'eviction'
  const collection = LEASES.exec(path)
  if (method === 'POST' && collection !== null && isLease(body, collection[1], null)) return 'lease'
  const one = LEASE.exec(path)
  if (method === 'PUT' && one !== null && isLease(body, one[1], one[2] ?? '')) return 'lease'
  return `OUTSIDE: ${method} ${path}?${query} ${JSON.stringify(body)}`
}
