/** Any Kubernetes object as it goes over the wire. Parsed where a field is used. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec?: unknown
  status?: unknown
  [key: string]: unknown
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface ObjectMeta {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  generateName?: string
  managedFields?: unknown[]
}

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** Plural resource name with its group: `pods`, `deployments.apps`, `endpointslices.discovery.k8s.io`. */
  readonly resource: string
  readonly object: KubeObject
  readonly previous: KubeObject | null
  readonly resourceVersion: number
}

/**
 * The lab's etcd: objects by resource, namespace and name, one resourceVersion counter for all, and the recent
 * history for watches. Objects handed out are frozen: change a copy and write it back.
 */
export interface Store {
  get(resource: string, namespace: string | null, name: string): KubeObject | null
  /** All of a resource, of one namespace or (null) of all, sorted by namespace and name. */
  list(
    resource: string,
    namespace: string | null,
  ): { readonly items: readonly KubeObject[]; readonly resourceVersion: number }
  /** Sets uid, resourceVersion, creationTimestamp and generation 1. Throws a StoreError AlreadyExists. */
  create(resource: string, object: KubeObject): KubeObject
  /**
   * Replaces. A resourceVersion in `object` must be the stored one (StoreError Conflict). The generation goes up
   * when the spec changed. Throws NotFound. An update that changes nothing makes no event.
   */
  update(resource: string, object: KubeObject): KubeObject
  /** Reads, changes a copy, writes: without a conflict. Returns null when the object is not there. */
  mutate(
    resource: string,
    namespace: string | null,
    name: string,
    change: (draft: KubeObject) => void,
  ): KubeObject | null
  /** Removes for good (grace periods and finalizers are the business of the callers). */
  remove(resource: string, namespace: string | null, name: string): KubeObject | null
  /** Called synchronously after each change, in order. The returned function ends it. */
  subscribe(listener: (event: StoreEvent) => void): () => void
  /** Events after `resourceVersion`, or null when the history no longer reaches back that far (410). */
  since(resourceVersion: number): readonly StoreEvent[] | null
  readonly resourceVersion: number
}
