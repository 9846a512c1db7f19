import type { Controller, ControllerContext } from './controller-context.ts'
import { deleteObject, finishDeletion } from './deletion.ts'
import { NAMESPACES } from './resource-names.ts'
import type { KubeObject, StoreEvent } from './store.ts'
import { createWorkQueue } from './work-queue.ts'

const without = (finalizers: readonly string[] | undefined, name: string): string[] =>
  (finalizers ?? []).filter((finalizer) => finalizer !== name)

/**
 * Deletes what lost its owner, does the work of the finalizers `foregroundDeletion` and `orphan`, empties
 * namespaces that are being deleted. Owners are known by uid, so one of the same name does not count.
 */
export const createGarbageCollector = (
  context: ControllerContext,
  resources: readonly string[],
): Controller => {
  const { store, clock } = context

  const everything = (namespace: string | null): readonly (readonly [string, KubeObject])[] =>
    resources.flatMap((resource) =>
      store.list(resource, namespace).items.map((object) => [resource, object] as const),
    )

  const ownedBy = (uid: string): readonly (readonly [string, KubeObject])[] =>
    everything(null).filter(([, { metadata }]) =>
      metadata.ownerReferences?.some((owner) => owner.uid === uid),
    )

  const dropFinalizer = (resource: string, object: KubeObject, finalizer: string): void => {
    const { namespace = null, name } = object.metadata
    const changed = store.mutate(resource, namespace, name, ({ metadata }) => {
      metadata.finalizers = without(metadata.finalizers, finalizer)
    })
    if (changed !== null) finishDeletion(store, resource, changed)
  }

  const orphan = (resource: string, object: KubeObject): void => {
    for (const [ownedResource, owned] of ownedBy(object.metadata.uid ?? ''))
      store.mutate(ownedResource, owned.metadata.namespace ?? null, owned.metadata.name, ({ metadata }) => {
        metadata.ownerReferences = (metadata.ownerReferences ?? []).filter(
          ({ uid }) => uid !== object.metadata.uid,
        )
      })
    dropFinalizer(resource, object, 'orphan')
  }

  const deleteInForeground = (resource: string, object: KubeObject): void => {
    const owned = ownedBy(object.metadata.uid ?? '')
    for (const [ownedResource, dependent] of owned)
      if (dependent.metadata.deletionTimestamp === undefined)
        deleteObject(store, clock, ownedResource, dependent, { propagation: 'Foreground' })
    const blocking = ownedBy(object.metadata.uid ?? '').some(([, { metadata }]) =>
      metadata.ownerReferences?.some(
        (owner) => owner.uid === object.metadata.uid && owner.blockOwnerDeletion,
      ),
    )
    if (!blocking) dropFinalizer(resource, object, 'foregroundDeletion')
  }

  const emptyNamespace = (namespace: KubeObject): void => {
    const { name } = namespace.metadata
    for (const [resource, object] of everything(name)) deleteObject(store, clock, resource, object)
    if (everything(name).length === 0) dropFinalizer(NAMESPACES, namespace, 'kubernetes')
  }

  /** Keys: `owner/<uid>` after an owner went, `deleting` for objects that wait for their finalizers. */
  const sync = (key: string): void => {
    if (key.startsWith('owner/')) {
      const uid = key.slice('owner/'.length)
      for (const [resource, object] of ownedBy(uid)) {
        const others = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid)
        const kept = others.some((owner) => living.has(owner.uid))
        if (!kept) deleteObject(store, clock, resource, object)
      }
      return
    }
    const deleting = everything(null).filter(([, { metadata }]) => metadata.deletionTimestamp !== undefined)
    for (const [resource, object] of deleting) {
      const finalizers = object.metadata.finalizers ?? []
      if (finalizers.includes('orphan')) orphan(resource, object)
      else if (finalizers.includes('foregroundDeletion')) deleteInForeground(resource, object)
    }
    for (const namespace of store.list(NAMESPACES, null).items)
      if (namespace.metadata.deletionTimestamp !== undefined) emptyNamespace(namespace)
  }

  const living = new Set(everything(null).map(([, { metadata }]) => metadata.uid ?? ''))
  const queue = createWorkQueue(clock, context.syncDelayMs, sync)

  const isWaiting = ({ object }: StoreEvent): boolean =>
    object.metadata.deletionTimestamp !== undefined &&
    (object.kind === 'Namespace' || (object.metadata.finalizers ?? []).length > 0)

  return {
    handle: (event) => {
      const { type, object } = event
      const uid = object.metadata.uid ?? ''
      if (type === 'ADDED') {
        living.add(uid)
        const owners = object.metadata.ownerReferences ?? []
        for (const owner of owners) if (!living.has(owner.uid)) queue.add(`owner/${owner.uid}`)
      }
      if (type === 'DELETED') {
        living.delete(uid)
        queue.add(`owner/${uid}`)
        queue.add('deleting')
      }
      if (isWaiting(event)) queue.add('deleting')
    },
    stop: () => queue.stop(),
  }
}
