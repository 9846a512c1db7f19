import { hasCode } from '../kernel/errors.ts'
import { numberAt, objectAt, textAt } from './parse.ts'
import type { LeaseDraft, LeaseRecord, LeaseStore } from './ports.ts'
import type { CallPurpose, KubeTransport } from './transport.ts'

const ROOT = '/apis/coordination.k8s.io/v1/namespaces'

/** Path of the Leases of a namespace. */
export const leaseCollectionPath = (namespace: string): string =>
  `${ROOT}/${encodeURIComponent(namespace)}/leases`

/** Path of one Lease. */
export const leasePath = (namespace: string, name: string): string =>
  `${leaseCollectionPath(namespace)}/${encodeURIComponent(name)}`

const leaseOf = (object: unknown): LeaseRecord => {
  const metadata = objectAt(object, 'metadata')
  const spec = objectAt(object, 'spec')
  return {
    namespace: textAt(metadata, 'namespace') ?? '',
    name: textAt(metadata, 'name') ?? '',
    resourceVersion: textAt(metadata, 'resourceVersion') ?? '',
    holder: textAt(spec, 'holderIdentity'),
    durationSeconds: numberAt(spec, 'leaseDurationSeconds'),
    acquireTime: textAt(spec, 'acquireTime'),
    renewTime: textAt(spec, 'renewTime'),
    transitions: numberAt(spec, 'leaseTransitions') ?? 0,
  }
}

const bodyOf = (draft: LeaseDraft): Readonly<Record<string, unknown>> => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: {
    name: draft.name,
    namespace: draft.namespace,
    ...(draft.resourceVersion === null ? {} : { resourceVersion: draft.resourceVersion }),
    labels: { 'app.kubernetes.io/managed-by': 'rollproof' },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'Deployment', name: draft.owner.name, uid: draft.owner.uid },
    ],
  },
  spec: {
    ...(draft.holder === null ? {} : { holderIdentity: draft.holder }),
    ...(draft.durationSeconds === null ? {} : { leaseDurationSeconds: draft.durationSeconds }),
    ...(draft.acquireTime === null ? {} : { acquireTime: draft.acquireTime }),
    ...(draft.renewTime === null ? {} : { renewTime: draft.renewTime }),
    leaseTransitions: draft.transitions,
  },
})

/** The {@link LeaseStore} over one API server. */
export const createLeaseStore = (transport: KubeTransport): LeaseStore => {
  const purposeOf = (verb: string, namespace: string, name: string): CallPurpose => ({
    verb,
    resource: 'leases',
    namespace,
    name,
  })
  return {
    read: async (namespace, name, options = {}) => {
      try {
        const path = leasePath(namespace, name)
        const purpose = purposeOf('get', namespace, name)
        return leaseOf((await transport.request({ method: 'GET', path, purpose, ...options })).body)
      } catch (error) {
        if (hasCode(error, 'KUBE_NOT_FOUND')) return null
        throw error
      }
    },
    write: async (draft, options = {}) => {
      const { namespace, name, resourceVersion } = draft
      const isNew = resourceVersion === null
      const { body } = await transport.request({
        method: isNew ? 'POST' : 'PUT',
        path: `${isNew ? leaseCollectionPath(namespace) : leasePath(namespace, name)}?fieldManager=rollproof`,
        purpose: purposeOf(isNew ? 'create' : 'update', namespace, name),
        body: bodyOf(draft),
        ...options,
      })
      return leaseOf(body)
    },
  }
}
