import { fromKubeTime } from './timestamp.ts'
import type { Condition, Pod } from './types.ts'

export const conditionOf = (
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined => conditions?.find((condition) => condition.type === type)

export const isPodReady = (pod: Pod): boolean =>
  conditionOf(pod.status?.conditions, 'Ready')?.status === 'True'

/** Its containers have ended for good. */
export const isPodFinished = (pod: Pod): boolean =>
  pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

export const isPodTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined

/** Counts for its ReplicaSet: neither finished nor being deleted. */
export const isPodActive = (pod: Pod): boolean => !isPodFinished(pod) && !isPodTerminating(pod)

/** Unix ms at which Ready last changed; `null` when it is not known. */
export const readyChangedAtMs = (pod: Pod): number | null =>
  fromKubeTime(conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime)

/**
 * Unix ms from which the pod counts as available: Ready for `minReadySeconds`. `null` when it is not ready.
 * Kubernetes stamps whole seconds, so the pod may count up to 1 s early, there as here.
 */
export const availableFromMs = (pod: Pod, minReadySeconds: number): number | null => {
  if (!isPodReady(pod)) return null
  if (minReadySeconds === 0) return 0
  const since = readyChangedAtMs(pod)
  return since === null ? null : since + minReadySeconds * 1000
}
