import { type EpochMs, epochMs } from '../kernel/units.ts'
import type { PodSnapshot } from '../model/cluster.ts'
import type { ClusterClaim } from '../model/events.ts'

/** Kubernetes writes times as whole seconds, cut off: a stamp t stands for [t, t + 1 s). */
const GRAIN_MS = 1000

/** The claim of one stamp of the cluster, Unix ms. */
export const stampClaim = (atMs: EpochMs | null): ClusterClaim =>
  atMs === null ? null : { earliestAtMs: atMs, latestAtMs: epochMs(atMs + GRAIN_MS) }

/**
 * When the deletion of a pod began: deletionTimestamp − deletionGracePeriodSeconds. deletionTimestamp itself is
 * when the grace period will be over (Kubernetes API conventions, ObjectMeta).
 *
 * A grace of 0 also is what the kubelet deletes a pod with once its containers have ended. So when the beginning was
 * not seen (`late`), such a stamp only says that it lies up to the pod's own grace period before.
 */
export const terminationClaim = (pod: PodSnapshot, late: boolean): ClusterClaim => {
  const { deletionAtMs, deletionGraceSeconds, settings } = pod
  if (deletionAtMs === null) return null
  const graceSeconds = deletionGraceSeconds ?? 0
  const claim = stampClaim(epochMs(deletionAtMs - graceSeconds * 1000))
  if (claim === null || !late || graceSeconds > 0) return claim
  return { ...claim, earliestAtMs: epochMs(deletionAtMs - settings.gracePeriodSeconds * 1000) }
}
