import type { DeploymentSnapshot, PodSnapshot } from '../model/cluster.ts'
import { rolloutProgress } from '../model/rollout.ts'

const MAX_PODS = 5

/** Why a pod is not ready, from its own state; `null` when nothing shows. */
export const troubleOf = (pod: PodSnapshot): string | null => {
  const name = pod.ref.name
  if (pod.unschedulable !== null) return `pod ${name} cannot be scheduled: ${pod.unschedulable}`
  for (const container of pod.containers) {
    const { waitingReason, lastExit, exit, restartCount } = container
    const ended = exit ?? lastExit
    const end =
      ended === null
        ? ''
        : ` (last ended with code ${ended.code}${ended.reason === null ? '' : `, ${ended.reason}`})`
    if (
      waitingReason !== null &&
      waitingReason !== 'ContainerCreating' &&
      waitingReason !== 'PodInitializing'
    ) {
      return `container ${container.name} of pod ${name} waits: ${waitingReason}${end}`
    }
    if (ended !== null)
      return `container ${container.name} of pod ${name} was restarted ${restartCount} times${end}`
  }
  return pod.ready
    ? null
    : `pod ${name} is not ready${pod.notReadyReason === null ? '' : `: ${pod.notReadyReason}`}`
}

const listed = (words: readonly string[]): string =>
  words.slice(0, MAX_PODS).join('; ') +
  (words.length > MAX_PODS ? `; and ${words.length - MAX_PODS} more` : '')

/** Why a rollout has not completed: what ended the wait, the Deployment's own words, and what its new pods wait for. */
export const stuckReason = (
  what: string,
  deployment: DeploymentSnapshot,
  newPods: readonly PodSnapshot[],
): string => {
  const { wanted, updated, available, old } = rolloutProgress(deployment)
  const troubles = newPods.map(troubleOf).filter((trouble) => trouble !== null)
  return [
    `${what}: ${updated} of ${wanted} pods updated, ${available} available, ${old} old`,
    ...(deployment.paused ? ['the Deployment is paused'] : []),
    ...(deployment.replicaFailure === null ? [] : [deployment.replicaFailure]),
    ...(troubles.length === 0 ? [] : [listed(troubles)]),
  ].join('; ')
}

/** Old pods that have not gone: how long past their grace period. `nowMs`: Unix ms. */
export const lingeringReason = (what: string, pods: readonly PodSnapshot[], nowMs: number): string => {
  const each = pods.map(({ ref, deletionAtMs, settings, deletionGraceSeconds }) => {
    if (deletionAtMs === null) return `old pod ${ref.name} was not told to end`
    // With grace 0 the kubelet deletes a pod whose containers have ended: only a finalizer can hold it then.
    if (deletionGraceSeconds === 0)
      return `old pod ${ref.name} has ended, but something holds it (a finalizer?)`
    const pastSeconds = Math.round((nowMs - deletionAtMs) / 1000)
    const since = pastSeconds > 0 ? `${pastSeconds} s past` : 'within'
    return `old pod ${ref.name} is still terminating, ${since} its grace period of ${deletionGraceSeconds ?? settings.gracePeriodSeconds} s`
  })
  return `${what}: ${listed(each)}`
}
