import { matchesSelector } from './selector.ts'
import type { KubeObject, Store } from './store.ts'
import { controlledBy, controllerOf, type LabelSelector } from './types.ts'

/**
 * The objects of `resource` that `owner` controls. Takes over those that its selector matches and nobody controls,
 * and lets go of those that it no longer matches (ControllerRefManager).
 */
export const claimOwned = (
  store: Store,
  resource: string,
  owner: KubeObject,
  selector: LabelSelector,
): readonly KubeObject[] => {
  const namespace = owner.metadata.namespace ?? null
  const mayAdopt = owner.metadata.deletionTimestamp === undefined
  return store.list(resource, namespace).items.flatMap((object) => {
    const controller = controllerOf(object.metadata)
    const matches = matchesSelector(selector, object.metadata.labels)
    if (controller?.uid === owner.metadata.uid) {
      if (matches) return [object]
      store.mutate(resource, namespace, object.metadata.name, ({ metadata }) => {
        metadata.ownerReferences = (metadata.ownerReferences ?? []).filter(
          ({ uid }) => uid !== owner.metadata.uid,
        )
      })
      return []
    }
    if (controller !== null || !matches || !mayAdopt || object.metadata.deletionTimestamp !== undefined)
      return []
    const adopted = store.mutate(resource, namespace, object.metadata.name, ({ metadata }) => {
      metadata.ownerReferences = [...(metadata.ownerReferences ?? []), controlledBy(owner)]
    })
    return adopted === null ? [] : [adopted]
  })
}
