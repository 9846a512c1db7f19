import { HarnessError } from '../kernel/errors.ts'
import { leaseNameOf } from '../model/lease.ts'
import { RESTARTED_AT } from '../model/rollout.ts'
import { leaseCollectionPath, leasePath } from './lease-store.ts'
import { isObject, objectAt, textAt } from './parse.ts'
import { deploymentPath } from './reader.ts'
import type { KubeCall } from './transport.ts'

/** The one Deployment that a connection may write to. */
export interface WritableDeployment {
  readonly namespace: string
  readonly name: string
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

const isRestart = ({ contentType, body }: KubeCall, query: URLSearchParams): boolean =>
  contentType === 'application/strategic-merge-patch+json' &&
  [...query].every(([key, value]) => key === 'fieldManager' || (key === 'dryRun' && value === 'All')) &&
  textAt(objectAt(body, 'metadata'), 'uid') !== null &&
  textAt(annotationsOf(body), RESTARTED_AT) !== null &&
  onlyTouches(body, RESTART_PATHS)

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
      return path === leaseCollectionPath(namespace) && isThisLease
    case 'PUT':
      return path === leasePath(namespace, lease) && isThisLease
    case 'PATCH':
      return path === deploymentPath(namespace, name) && isRestart(call, new URLSearchParams(search))
  }
}

/**
 * Stops every request that is not one of these, before it is sent: reads; access reviews; the restart of the one named
 * Deployment, which touches its restart annotation and names its uid (also as a dry run); the Lease of that Deployment.
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
