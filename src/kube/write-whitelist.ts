import { HarnessError } from '../kernel/errors.ts'
import { stepsOf } from '../kernel/json-pointer.ts'
import { JOURNAL_PATH } from '../model/journal.ts'
import { leaseNameOf } from '../model/lease.ts'
import { RESTART_PATH, RESTARTED_AT } from '../model/rollout.ts'
import type { VariantKind, VariantObject } from '../model/variant.ts'
import { refusedPath } from '../model/variant-paths.ts'
import { evictionPath } from './evictions.ts'
import { leaseCollectionPath, leasePath } from './lease-store.ts'
import { objectPath } from './object-store.ts'
import { isObject, objectAt, textAt } from './parse.ts'
import { deploymentPath } from './reader.ts'
import type { KubeCall } from './transport.ts'

/** The one Deployment that a connection may write to. */
export interface WritableDeployment {
  readonly namespace: string
  readonly name: string
  /**
   * The other objects in its namespace that variants change; given (also when empty), variants may be applied to it and to
   * them, and restored.
   */
  readonly variants?: readonly VariantObject[]
  /**
   * Whether variants may change its number of replicas, and the bounds of a HorizontalPodAutoscaler among `variants`, as the
   * choreography that scales down does.
   */
  readonly mayScale?: boolean
  /** Whether its pods may be evicted. */
  readonly evictions?: boolean
}

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'

/** Paths that a body touches, as `a.b.c`; a key's own dots and slashes are escaped as in a JSON pointer with `~`. */
export const pathsOf = (value: unknown, at = ''): readonly string[] => {
  if (!isObject(value)) return [at]
  const entries = Object.entries(value)
  if (entries.length === 0) return [at]
  return entries.flatMap(([key, child]) => {
    const step = key.replaceAll('~', '~0').replaceAll('.', '~1')
    return pathsOf(child, at === '' ? step : `${at}.${step}`)
  })
}

const RESTART_PATHS: readonly string[] = [
  'metadata.uid',
  ...pathsOf({ spec: { template: { metadata: { annotations: { [RESTARTED_AT]: '' } } } } }),
]

const LEASE_PATHS: readonly string[] = [
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.resourceVersion',
  'metadata.labels.app~1kubernetes~1io/managed-by',
  'metadata.ownerReferences',
  'spec.holderIdentity',
  'spec.leaseDurationSeconds',
  'spec.acquireTime',
  'spec.renewTime',
  'spec.leaseTransitions',
]

const onlyTouches = (body: unknown, allowed: readonly string[]): boolean =>
  isObject(body) && pathsOf(body).every((path) => allowed.includes(path))

const annotationsOf = (body: unknown): unknown =>
  objectAt(objectAt(objectAt(objectAt(body, 'spec'), 'template'), 'metadata'), 'annotations')

const isPlainQuery = (query: URLSearchParams): boolean =>
  [...query].every(([key, value]) => key === 'fieldManager' || (key === 'dryRun' && value === 'All'))

const isRestart = ({ contentType, body }: KubeCall, query: URLSearchParams): boolean =>
  contentType === 'application/strategic-merge-patch+json' &&
  isPlainQuery(query) &&
  textAt(objectAt(body, 'metadata'), 'uid') !== null &&
  textAt(annotationsOf(body), RESTARTED_AT) !== null &&
  onlyTouches(body, RESTART_PATHS)

const TESTS = ['/metadata/uid', '/metadata/resourceVersion']
const MAPS = [JOURNAL_PATH, RESTART_PATH].map((path) => path.slice(0, path.lastIndexOf('/')))

const isOperation = (kind: VariantKind, operation: unknown, mayScale: boolean): boolean => {
  if (!isObject(operation)) return false
  const { op, path, value } = operation
  if (typeof path !== 'string' || 'from' in operation) return false
  if (op === 'test') return true
  if (op !== 'add' && op !== 'replace' && op !== 'remove') return false
  if (MAPS.includes(path)) return op === 'add' && isObject(value) && Object.keys(value).length === 0
  if (path === JOURNAL_PATH || path === RESTART_PATH) return op === 'remove' || typeof value === 'string'
  return refusedPath(kind, path, mayScale) === null && stepsOf(path).every((step) => step !== '-')
}

/** The change or the restore of a variant: tests uid and version, sets only what a variant may, and the journal. */
const isGuarded = (kind: VariantKind, body: unknown, mayScale: boolean): boolean =>
  Array.isArray(body) &&
  TESTS.every((path) =>
    body.some(
      (operation) =>
        isObject(operation) &&
        operation.op === 'test' &&
        operation.path === path &&
        typeof operation.value === 'string' &&
        operation.value !== '',
    ),
  ) &&
  body.some(
    (operation) => isObject(operation) && operation.op !== 'test' && operation.path === JOURNAL_PATH,
  ) &&
  body.every((operation) => isOperation(kind, operation, mayScale))

/** On an object that was named: any patch as a dry run, which changes nothing; else only a guarded one. */
const isVariantWrite = (
  call: KubeCall,
  path: string,
  search: string,
  target: WritableDeployment,
): boolean => {
  const { namespace, name, variants } = target
  if (variants === undefined) return false
  const objects = [
    { kind: 'Deployment' as const, name },
    ...variants.filter(({ kind }) => kind !== 'Deployment'),
  ]
  const object = objects.find((named) => path === objectPath({ ...named, namespace }))
  const query = new URLSearchParams(search)
  if (object === undefined || !isPlainQuery(query)) return false
  if (query.get('dryRun') === 'All') {
    return ['application/strategic-merge-patch+json', 'application/json-patch+json'].includes(
      call.contentType ?? '',
    )
  }
  return (
    call.contentType === 'application/json-patch+json' &&
    isGuarded(object.kind, call.body, target.mayScale === true)
  )
}

const EVICTION_PATHS: readonly string[] = [
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'deleteOptions.preconditions.uid',
]

/** Of a pod that a ReplicaSet of the Deployment made: its name begins with the Deployment's, and its uid is given. */
const isEviction = (
  call: KubeCall,
  path: string,
  { namespace, name, evictions }: WritableDeployment,
): boolean => {
  const pod = textAt(objectAt(call.body, 'metadata'), 'name') ?? ''
  const suffix = pod.startsWith(`${name}-`) ? pod.slice(name.length + 1) : ''
  return (
    evictions === true &&
    path === evictionPath(namespace, pod) &&
    /^[a-z0-9]+-[a-z0-9]+$/.test(suffix) &&
    textAt(objectAt(call.body, 'metadata'), 'namespace') === namespace &&
    textAt(objectAt(objectAt(call.body, 'deleteOptions'), 'preconditions'), 'uid') !== null &&
    onlyTouches(call.body, EVICTION_PATHS)
  )
}

const isAllowed = (call: KubeCall, target: WritableDeployment | null): boolean => {
  const [path = '', search = ''] = call.path.split('?')
  if (call.method === 'GET') return call.body === undefined
  if (call.method === 'POST' && path === REVIEWS) return true
  if (target === null) return false
  const { namespace, name } = target
  const lease = leaseNameOf(name)
  const isThisLease = onlyTouches(call.body, LEASE_PATHS) && objectAt(call.body, 'metadata').name === lease
  switch (call.method) {
    case 'POST':
      return (path === leaseCollectionPath(namespace) && isThisLease) || isEviction(call, path, target)
    case 'PUT':
      return path === leasePath(namespace, lease) && isThisLease
    case 'PATCH':
      return (
        (path === deploymentPath(namespace, name) && isRestart(call, new URLSearchParams(search))) ||
        isVariantWrite(call, path, search, target)
      )
  }
}

/**
 * Stops every request that is not one of these, before it is sent: reads; access reviews; the restart of the one named
 * Deployment, which touches its restart annotation and names its uid (also as a dry run); the Lease of that Deployment;
 * when variants were named, dry runs on their objects, and JSON patches that test uid and version, carry the journal and
 * set nothing but what a variant may.
 * When evictions were asked for, those of pods that the Deployment made, by name and uid.
 * Throws INTERNAL: nothing in the program asks for anything else.
 */
export const checkWrite = (call: KubeCall, target: WritableDeployment | null): void => {
  if (isAllowed(call, target)) return
  const touched = isObject(call.body) ? pathsOf(call.body).slice(0, 10).join(', ') : 'no body'
  throw new HarnessError(
    'INTERNAL',
    `a request that no run may send was stopped: ${call.method} ${call.path} (${touched})`,
    { hint: 'nothing was sent' },
  )
}
