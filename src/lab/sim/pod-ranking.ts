import { isPodActive, isPodReady, readyChangedAtMs } from './pod-state.ts'
import { fromKubeTime } from './timestamp.ts'
import { controllerOf, type Pod } from './types.ts'

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }
const COST = 'controller.kubernetes.io/pod-deletion-cost'

/** Difference of ages on a logarithmic scale: pods of like age count as equally old. Negative: `a` is younger. */
const logarithmicAge = (aMs: number, bMs: number, nowMs: number): number => {
  const rank = (sinceMs: number): number =>
    nowMs > sinceMs ? Math.floor(Math.log2((nowMs - sinceMs) * 1e6)) : -1
  return rank(aMs) - rank(bMs)
}

const byUid = (a: Pod, b: Pod): number => ((a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1)
const restartsOf = (pod: Pod): number =>
  Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount))
const costOf = (pod: Pod): number => Number(pod.metadata.annotations?.[COST] ?? 0) || 0

/** Younger (by `stampOf`) before older; an unknown time counts as youngest; 0 when both are alike. */
const byAge = (a: number | null, b: number | null, pods: readonly [Pod, Pod], nowMs: number): number => {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  return logarithmicAge(a, b, nowMs) || byUid(...pods)
}

/**
 * Active pods in the order in which a ReplicaSet deletes them (ActivePodsWithRanks): unscheduled, pending, not ready,
 * cheap to delete, on nodes with many related pods, ready for a short time, restarted often, young.
 * `related` are the pods of all ReplicaSets of the same Deployment.
 */
export const rankForDeletion = (
  pods: readonly Pod[],
  related: readonly Pod[],
  nowEpochMs: number,
): readonly Pod[] => {
  const onNode = new Map<string | undefined, number>()
  for (const pod of related.filter(isPodActive))
    onNode.set(pod.spec.nodeName, (onNode.get(pod.spec.nodeName) ?? 0) + 1)
  const rank = (pod: Pod): number => onNode.get(pod.spec.nodeName) ?? 0
  const phase = (pod: Pod): number => PHASE_ORDER[pod.status?.phase ?? 'Pending'] ?? 1
  const scheduled = (pod: Pod): number => (pod.spec.nodeName === undefined ? 0 : 1)
  const ready = (pod: Pod): number => (isPodReady(pod) ? 1 : 0)
  const created = (pod: Pod): number | null => fromKubeTime(pod.metadata.creationTimestamp)
  const readySince = (pod: Pod): number | null => (isPodReady(pod) ? readyChangedAtMs(pod) : null)

  return [...pods].sort(
    (a, b) =>
      scheduled(a) - scheduled(b) ||
      phase(a) - phase(b) ||
      ready(a) - ready(b) ||
      costOf(a) - costOf(b) ||
      rank(b) - rank(a) ||
      byAge(readySince(a), readySince(b), [a, b], nowEpochMs) ||
      restartsOf(b) - restartsOf(a) ||
      byAge(created(a), created(b), [a, b], nowEpochMs) ||
      byUid(a, b),
  )
}

/** The uid of the Deployment (or other owner) behind the pod's ReplicaSet, given the ReplicaSets' owners. */
export const relatedPods = (
  pods: readonly Pod[],
  replicaSetUids: ReadonlySet<string | undefined>,
): readonly Pod[] => pods.filter((pod) => replicaSetUids.has(controllerOf(pod.metadata)?.uid))
