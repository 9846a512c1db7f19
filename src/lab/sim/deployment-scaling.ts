import { fencepostsOf } from './rounding.ts'
import { fromKubeTime } from './timestamp.ts'
import type { Deployment, ReplicaSet } from './types.ts'

/*
 * How many pods each ReplicaSet of a Deployment should have next. Pure; after pkg/controller/deployment
 * (rolling.go, sync.go, util/deployment_util.go).
 */

export interface ScaleStep {
  readonly replicaSet: ReplicaSet
  readonly replicas: number
}

export const wantedBy = (replicaSet: ReplicaSet): number => replicaSet.spec.replicas ?? 1
const availableIn = (replicaSet: ReplicaSet): number => replicaSet.status?.availableReplicas ?? 0
const sum = (replicaSets: readonly ReplicaSet[], of: (replicaSet: ReplicaSet) => number): number =>
  replicaSets.reduce((total, replicaSet) => total + of(replicaSet), 0)

const createdAtMs = ({ metadata }: ReplicaSet): number => fromKubeTime(metadata.creationTimestamp) ?? 0
/** Oldest first; names decide within a second. */
export const byCreation = (a: ReplicaSet, b: ReplicaSet): number =>
  createdAtMs(a) - createdAtMs(b) || (a.metadata.name < b.metadata.name ? -1 : 1)

/** Pods that the new ReplicaSet should have: as many more as the surge leaves room for (NewRSNewReplicas). */
export const newReplicaCount = (
  deployment: Deployment,
  all: readonly ReplicaSet[],
  current: number,
): number => {
  const wanted = deployment.spec.replicas ?? 1
  if (deployment.spec.strategy?.type === 'Recreate') return wanted
  const room = wanted + fencepostsOf(deployment.spec).maxSurge - sum(all, wantedBy)
  return room <= 0 ? current : current + Math.min(room, wanted - current)
}

/** First the unhealthy pods of old ReplicaSets, oldest set first, at most `most` of them. */
const cleanUpUnhealthy = (old: readonly ReplicaSet[], most: number): readonly ScaleStep[] => {
  let left = most
  return [...old].sort(byCreation).map((replicaSet) => {
    const unhealthy = Math.max(0, wantedBy(replicaSet) - availableIn(replicaSet))
    const fewer = Math.min(left, unhealthy)
    left -= fewer
    return { replicaSet, replicas: wantedBy(replicaSet) - fewer }
  })
}

/**
 * Old ReplicaSets after one step of a rolling update: never fewer available pods than replicas − maxUnavailable
 * (reconcileOldReplicaSets). Only the sets that change are returned.
 */
export const shrinkOld = (
  deployment: Deployment,
  newSet: ReplicaSet,
  old: readonly ReplicaSet[],
): readonly ScaleStep[] => {
  const all = [newSet, ...old]
  const { maxUnavailable } = fencepostsOf(deployment.spec)
  const minAvailable = (deployment.spec.replicas ?? 1) - maxUnavailable
  const newUnavailable = wantedBy(newSet) - availableIn(newSet)
  const most = sum(all, wantedBy) - minAvailable - newUnavailable
  if (sum(old, wantedBy) === 0 || most <= 0) return []
  const cleaned = cleanUpUnhealthy(old, most)
  let spare = Math.max(0, sum(all, availableIn) - minAvailable)
  return cleaned
    .map(({ replicaSet, replicas }) => {
      const fewer = Math.min(replicas, spare)
      spare -= fewer
      return { replicaSet, replicas: replicas - fewer }
    })
    .filter(({ replicaSet, replicas }) => replicas !== wantedBy(replicaSet))
}

const roundHalfAway = (value: number): number => Math.trunc(value < 0 ? value - 0.5 : value + 0.5)

/** The share of `toAdd` pods for one ReplicaSet, by its size when the Deployment was last scaled. */
const proportionOf = (
  replicaSet: ReplicaSet,
  deployment: Deployment,
  maxReplicasThen: number | null,
  toAdd: number,
  added: number,
): number => {
  const size = wantedBy(replicaSet)
  if (size === 0 || toAdd === 0 || toAdd === added) return 0
  const wanted = deployment.spec.replicas ?? 1
  const then = maxReplicasThen ?? deployment.status?.replicas ?? 0
  const now = wanted + fencepostsOf(deployment.spec).maxSurge
  const change = wanted === 0 || then === 0 ? -size : roundHalfAway((size * now) / then) - size
  return toAdd > 0 ? Math.min(change, toAdd - added) : Math.max(change, toAdd - added)
}

/**
 * Sizes after `replicas` of a Deployment was changed in the middle of a rolling update: every active ReplicaSet
 * grows or shrinks in proportion; what rounding leaves goes to the largest (the `scale` of sync.go).
 */
export const scaleProportionally = (
  deployment: Deployment,
  active: readonly ReplicaSet[],
  maxReplicasThen: (replicaSet: ReplicaSet) => number | null,
): readonly ScaleStep[] => {
  const wanted = deployment.spec.replicas ?? 1
  const allowed = wanted > 0 ? wanted + fencepostsOf(deployment.spec).maxSurge : 0
  const toAdd = allowed - sum(active, wantedBy)
  const bySize = [...active].sort(
    (a, b) => wantedBy(b) - wantedBy(a) || (toAdd > 0 ? byCreation(b, a) : byCreation(a, b)),
  )
  let added = 0
  const steps = bySize.map((replicaSet) => {
    const share = proportionOf(replicaSet, deployment, maxReplicasThen(replicaSet), toAdd, added)
    added += share
    return { replicaSet, replicas: wantedBy(replicaSet) + share }
  })
  return steps.map((step, index) =>
    index === 0 ? { ...step, replicas: Math.max(0, step.replicas + toAdd - added) } : step,
  )
}
