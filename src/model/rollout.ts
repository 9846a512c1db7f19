import { pointerOf } from '../kernel/json-pointer.ts'
import type { WorkloadSnapshot } from './cluster.ts'

/** The annotation of the pod template that `kubectl rollout restart` sets (kubectl, polymorphichelpers/objectrestarter.go). */
export const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'
/** Where it stands in a Deployment (JSON pointer). */
export const RESTART_PATH = pointerOf(['spec', 'template', 'metadata', 'annotations', RESTARTED_AT])

/**
 * Whether the rollout of the current template has finished: what `kubectl rollout status` waits for
 * (kubernetes/kubectl, polymorphichelpers/rollout_status.go). Old pods may still be terminating then.
 */
export const isRolloutComplete = (workload: WorkloadSnapshot): boolean => {
  const { status, replicas } = workload
  return (
    workload.observedGeneration >= workload.generation &&
    status.updatedReplicas >= replicas &&
    status.replicas <= status.updatedReplicas &&
    status.availableReplicas >= status.updatedReplicas
  )
}

/** Whether the controller has given up on it (condition Progressing=False, ProgressDeadlineExceeded). */
export const isRolloutStuck = (workload: WorkloadSnapshot): boolean =>
  workload.observedGeneration >= workload.generation &&
  workload.progressing?.status === false &&
  workload.progressing.reason === 'ProgressDeadlineExceeded'

export interface RolloutProgress {
  readonly wanted: number
  readonly updated: number
  readonly available: number
  /** Pods of older templates that the Deployment still counts. */
  readonly old: number
}

export const rolloutProgress = ({ replicas, status }: WorkloadSnapshot): RolloutProgress => ({
  wanted: replicas,
  updated: status.updatedReplicas,
  available: status.availableReplicas,
  old: Math.max(0, status.replicas - status.updatedReplicas),
})
