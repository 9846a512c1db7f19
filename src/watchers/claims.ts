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
 */
export const terminationClaim = ({ deletionAtMs, deletionGraceSeconds }: PodSnapshot): ClusterClaim =>
  deletionAtMs === null ? null : stampClaim(epochMs(deletionAtMs - (deletionGraceSeconds ?? 0) * 1000))
