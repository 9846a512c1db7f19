import { conditionOf } from './pod-state.ts'
import { fencepostsOf } from './rounding.ts'
import { fromKubeTime } from './timestamp.ts'
import type { Condition, Deployment, DeploymentStatus, ReplicaSet } from './types.ts'

/* Status and conditions of a Deployment. Pure; after pkg/controller/deployment/progress.go and sync.go. */

/** kube-controller-manager: a deadline of the largest int32 means none. */
const NO_DEADLINE = 2_147_483_647

export const hasDeadline = ({ spec }: Deployment): boolean =>
  (spec.progressDeadlineSeconds ?? 600) !== NO_DEADLINE

const sum = (
  replicaSets: readonly ReplicaSet[],
  of: (replicaSet: ReplicaSet) => number | undefined,
): number => replicaSets.reduce((total, replicaSet) => total + (of(replicaSet) ?? 0), 0)

/** Replaces the condition of the same type; the transition time stays when the status does. */
export const withCondition = (
  conditions: readonly Condition[] | undefined,
  next: Condition,
): readonly Condition[] => {
  const before = conditionOf(conditions, next.type)
  if (before?.status === next.status && before.reason === next.reason) return conditions ?? []
  const kept = before?.status === next.status ? { lastTransitionTime: before.lastTransitionTime ?? null } : {}
  return [...(conditions ?? []).filter(({ type }) => type !== next.type), { ...next, ...kept }]
}

const without = (conditions: readonly Condition[], type: string): readonly Condition[] =>
  conditions.filter((condition) => condition.type !== type)

export const newCondition = (
  type: string,
  status: string,
  reason: string,
  message: string,
  now: string,
): Condition => ({ type, status, reason, message, lastUpdateTime: now, lastTransitionTime: now })

/** Counts without zeros, as Go leaves them out. */
const counts = (numbers: Readonly<Record<string, number>>): DeploymentStatus =>
  Object.fromEntries(Object.entries(numbers).filter(([, count]) => count !== 0))

/** The status that the ReplicaSets add up to, with the Available condition (calculateStatus). */
export const calculateStatus = (
  deployment: Deployment,
  newSet: ReplicaSet | null,
  all: readonly ReplicaSet[],
  now: string,
): DeploymentStatus => {
  const available = sum(all, ({ status }) => status?.availableReplicas)
  const wanted = sum(all, ({ spec }) => spec.replicas)
  const enough = available >= (deployment.spec.replicas ?? 1) - fencepostsOf(deployment.spec).maxUnavailable
  const condition = enough
    ? newCondition(
        'Available',
        'True',
        'MinimumReplicasAvailable',
        'Deployment has minimum availability.',
        now,
      )
    : newCondition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        now,
      )
  const { collisionCount } = deployment.status ?? {}
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...counts({
      replicas: sum(all, ({ status }) => status?.replicas),
      updatedReplicas: newSet?.status?.replicas ?? 0,
      readyReplicas: sum(all, ({ status }) => status?.readyReplicas),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, wanted - available),
    }),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: withCondition(deployment.status?.conditions, condition),
  }
}

/** All pods are of the new template and available (DeploymentComplete). */
export const isComplete = ({ spec, metadata }: Deployment, status: DeploymentStatus): boolean => {
  const wanted = spec.replicas ?? 1
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 1)
  )
}

const oldPods = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number =>
  replicas - updatedReplicas

/** More new, fewer old, more ready or more available pods than the last status told. */
const hasProgressed = (before: DeploymentStatus, after: DeploymentStatus): boolean =>
  (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
  oldPods(after) < oldPods(before) ||
  (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
  (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)

/** Unix ms at which the rollout counts as stuck; `null` when nothing is under way or it has been said already. */
export const deadlineAtMs = (deployment: Deployment, status: DeploymentStatus): number | null => {
  const progressing = conditionOf(status.conditions, 'Progressing')
  if (!hasDeadline(deployment) || progressing === undefined || isComplete(deployment, status)) return null
  if (progressing.reason === 'NewReplicaSetAvailable' || progressing.reason === 'ProgressDeadlineExceeded')
    return null
  const since = fromKubeTime(progressing.lastUpdateTime)
  return since === null ? null : since + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000
}

const withProgress = (
  deployment: Deployment,
  newSet: ReplicaSet | null,
  status: DeploymentStatus,
  now: string,
): readonly Condition[] => {
  const conditions = status.conditions ?? []
  const subject =
    newSet === null ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`
  const say = (value: string, reason: string, what: string): Condition =>
    newCondition('Progressing', value, reason, `${subject} ${what}`, now)
  if (isComplete(deployment, status))
    return withCondition(conditions, say('True', 'NewReplicaSetAvailable', 'has successfully progressed.'))
  if (hasProgressed(deployment.status ?? {}, status)) {
    const before = conditionOf(conditions, 'Progressing')
    const next = say('True', 'ReplicaSetUpdated', 'is progressing.')
    const kept = before?.status === 'True' ? { lastTransitionTime: before.lastTransitionTime ?? null } : {}
    return [...without(conditions, 'Progressing'), { ...next, ...kept }]
  }
  const deadlineMs = deadlineAtMs(deployment, status)
  if (deadlineMs !== null && deadlineMs < (fromKubeTime(now) ?? 0))
    return withCondition(conditions, say('False', 'ProgressDeadlineExceeded', 'has timed out progressing.'))
  return conditions
}

/** The status with Progressing and ReplicaFailure brought up to date (syncRolloutStatus). `now` is a time stamp. */
export const rolloutStatus = (
  deployment: Deployment,
  newSet: ReplicaSet | null,
  all: readonly ReplicaSet[],
  now: string,
): DeploymentStatus => {
  const status = calculateStatus(deployment, newSet, all, now)
  const before = conditionOf(deployment.status?.conditions, 'Progressing')
  const wasComplete =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && before?.reason === 'NewReplicaSetAvailable'
  const deadline = hasDeadline(deployment)
  const kept = deadline ? (status.conditions ?? []) : without(status.conditions ?? [], 'Progressing')
  const progressed = deadline && !wasComplete ? withProgress(deployment, newSet, status, now) : kept
  const failures = [newSet, ...all].map((set) => conditionOf(set?.status?.conditions, 'ReplicaFailure'))
  const failure = failures.find((condition) => condition !== undefined)
  if (failure === undefined) return { ...status, conditions: without(progressed, 'ReplicaFailure') }
  const { status: value, reason = '', message = '' } = failure
  const since = failure.lastTransitionTime ?? now
  const told = newCondition('ReplicaFailure', value, reason, message, since)
  return { ...status, conditions: withCondition(progressed, told) }
}
