import { fencepostsOf } from './rounding.ts'
import type { Deployment, ReplicaSet } from './types.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
const DESIRED = 'deployment.kubernetes.io/desired-replicas'
const MAX = 'deployment.kubernetes.io/max-replicas'
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  REVISION_HISTORY,
  DESIRED,
  MAX,
])

export type Annotations = Readonly<Record<string, string>>

const numberOf = (text: string | undefined): number | null => {
  const value = Number(text)
  return text === undefined || !Number.isInteger(value) ? null : value
}

export const revisionOf = (replicaSet: ReplicaSet): number =>
  numberOf(replicaSet.metadata.annotations?.[REVISION]) ?? 0

/** replicas + maxSurge when the set was scaled last; `null` when it does not say. */
export const maxReplicasThen = (replicaSet: ReplicaSet): number | null =>
  numberOf(replicaSet.metadata.annotations?.[MAX])

/** The Deployment was given another number of replicas since this set was scaled. */
export const wasScaledSince = (deployment: Deployment, replicaSet: ReplicaSet): boolean => {
  const then = numberOf(replicaSet.metadata.annotations?.[DESIRED])
  return then !== null && then !== (deployment.spec.replicas ?? 1)
}

/** What a set remembers of its Deployment's size. */
export const sizeAnnotations = ({ spec }: Deployment): Annotations => ({
  [DESIRED]: String(spec.replicas ?? 1),
  [MAX]: String((spec.replicas ?? 1) + fencepostsOf(spec).maxSurge),
})

/** Annotations of the set of the current template: the Deployment's own, the revision, and the revisions it had. */
export const newSetAnnotations = (
  deployment: Deployment,
  current: Annotations,
  revision: number,
): Annotations => {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key))
  const before = numberOf(current[REVISION])
  const raised = before === null || before < revision
  const history = [current[REVISION_HISTORY], before].filter((part) => part !== undefined).join(',')
  return {
    ...current,
    ...Object.fromEntries(copied),
    ...(raised && { [REVISION]: String(revision) }),
    ...(raised && before !== null && { [REVISION_HISTORY]: history }),
  }
}
