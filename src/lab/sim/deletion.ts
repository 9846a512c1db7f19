import type { Clock } from '../../kernel/clock.ts'
import { isPodFinished } from './pod-state.ts'
import { NAMESPACES } from './resource-names.ts'
import type { KubeObject, Store } from './store.ts'
import { fromKubeTime, kubeTime } from './timestamp.ts'
import { asPod } from './types.ts'

export type Propagation = 'Background' | 'Foreground' | 'Orphan'

export interface DeletionOptions {
  /** Pods only; default: the pod's own terminationGracePeriodSeconds. */
  readonly graceSeconds?: number
  readonly propagation?: Propagation
}

const FINALIZERS: Readonly<Record<Propagation, string | null>> = {
  Background: null,
  Foreground: 'foregroundDeletion',
  Orphan: 'orphan',
}

/**
 * Seconds that a pod gets to end: the request's, else its own, else 30. None for one that no node runs yet or
 * that has ended (registry/core/pod/strategy.go, CheckGracefulDelete).
 */
const graceOf = (object: KubeObject, asked: number | undefined): number => {
  const pod = asPod(object)
  if (pod.spec.nodeName === undefined || pod.spec.nodeName === '' || isPodFinished(pod)) return 0
  return asked ?? pod.spec.terminationGracePeriodSeconds ?? 30
}

/**
 * Begins the deletion of an object and returns it as it is then: marked with a deletionTimestamp (now + grace) when
 * a kubelet or a finalizer has to act first, else its last state, and it is gone. `null` when it was not there.
 */
export const deleteObject = (
  store: Store,
  clock: Clock,
  resource: string,
  object: KubeObject,
  options: DeletionOptions = {},
): KubeObject | null => {
  const { name, namespace = null } = object.metadata
  const current = store.get(resource, namespace, name)
  if (current === null || current.metadata.uid !== object.metadata.uid) return null
  const finalizer = FINALIZERS[options.propagation ?? 'Background']
  const finalizers = [...(current.metadata.finalizers ?? []), ...(finalizer === null ? [] : [finalizer])]
  const graceSeconds = resource === 'pods' ? graceOf(current, options.graceSeconds) : 0
  const isNamespace = resource === NAMESPACES
  if (graceSeconds === 0 && finalizers.length === 0 && !isNamespace)
    return store.remove(resource, namespace, name)
  return store.mutate(resource, namespace, name, (draft) => {
    const { metadata } = draft
    if (isNamespace) draft.status = { phase: 'Terminating' }
    const endsAtMs = clock.epochMs() + graceSeconds * 1000
    const before = fromKubeTime(metadata.deletionTimestamp)
    if (finalizers.length > 0) metadata.finalizers = [...new Set(finalizers)]
    if (before !== null && (metadata.deletionGracePeriodSeconds ?? 0) <= graceSeconds) return
    metadata.deletionTimestamp = kubeTime(before === null ? endsAtMs : Math.min(before, endsAtMs))
    if (!isNamespace) metadata.deletionGracePeriodSeconds = graceSeconds
  })
}

/** Removes the object when its deletion has begun and no finalizer is left (pods: when the kubelet is done too). */
export const finishDeletion = (store: Store, resource: string, object: KubeObject): boolean => {
  const {
    name,
    namespace = null,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    finalizers,
  } = object.metadata
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) return false
  if (resource === 'pods' && (deletionGracePeriodSeconds ?? 0) > 0) return false
  return store.remove(resource, namespace, name) !== null
}
