import type { EpochMs } from '../kernel/units.ts'
import type { ContainerSnapshot, PodSnapshot } from '../model/cluster.ts'
import type { ClusterClaim, EventDraft } from '../model/events.ts'
import { stampClaim, terminationClaim } from './claims.ts'

export interface PodDiffContext {
  /** Revision of the ReplicaSet of this name; `null` when it is not known (yet). */
  revisionOf(replicaSet: string): number | null
  /** When the change was only found by a new LIST: the interval in which it came about. */
  readonly between: ClusterClaim
}

const hasRun = (container: ContainerSnapshot): boolean =>
  container.startedAtMs !== null ||
  container.restartCount > 0 ||
  container.exit !== null ||
  container.lastExit !== null

const hasStarted = (pod: PodSnapshot | null): boolean =>
  pod !== null && pod.containers.length > 0 && pod.containers.every(hasRun)

/** Start of the last container; `null` when one has restarted since, so that its stamp is of a later start. */
const startedAt = (pod: PodSnapshot): EpochMs | null => {
  if (pod.containers.some(({ restartCount }) => restartCount > 0)) return null
  let last: EpochMs | null = null
  for (const { startedAtMs } of pod.containers) {
    if (startedAtMs !== null && (last === null || startedAtMs > last)) last = startedAtMs
  }
  return last
}

const beginnings = (
  before: PodSnapshot | null,
  after: PodSnapshot,
  context: PodDiffContext,
): EventDraft[] => {
  const pod = after.ref
  const drafts: EventDraft[] = []
  if (before === null) {
    drafts.push({
      type: 'pod.created',
      pod,
      replicaSet: after.replicaSet,
      revision: after.replicaSet === null ? null : context.revisionOf(after.replicaSet),
      settings: after.settings,
      cluster: stampClaim(after.createdAtMs),
    })
  }
  if (after.nodeName !== null && (before?.nodeName ?? null) === null) {
    drafts.push({ type: 'pod.scheduled', pod, nodeName: after.nodeName, cluster: null })
  }
  if (hasStarted(after) && !hasStarted(before)) {
    drafts.push({ type: 'pod.started', pod, ip: after.ip, cluster: stampClaim(startedAt(after)) })
  }
  return drafts
}

const containerChanges = (before: PodSnapshot | null, after: PodSnapshot): EventDraft[] =>
  after.containers.flatMap((container): EventDraft[] => {
    const { name, restartCount, exit, lastExit } = container
    const earlier = before?.containers.find((other) => other.name === name)
    const drafts: EventDraft[] = []
    if (restartCount > (earlier?.restartCount ?? 0)) {
      drafts.push({
        type: 'pod.container-restarted',
        pod: after.ref,
        container: name,
        restartCount,
        exitCode: lastExit?.code ?? null,
        reason: lastExit?.reason ?? null,
        cluster: stampClaim(lastExit?.finishedAtMs ?? null),
      })
    }
    const known = earlier?.exit ?? null
    if (exit !== null && (known === null || known.finishedAtMs !== exit.finishedAtMs)) {
      drafts.push({
        type: 'pod.container-exited',
        pod: after.ref,
        container: name,
        exitCode: exit.code,
        reason: exit.reason,
        cluster: stampClaim(exit.finishedAtMs),
      })
    }
    return drafts
  })

const readiness = (before: PodSnapshot | null, after: PodSnapshot): EventDraft[] => {
  const pod = after.ref
  const wasReady = before?.ready ?? false
  const cluster = stampClaim(after.readyChangedAtMs)
  const becameReady: EventDraft = { type: 'pod.ready', pod, cluster }
  if (after.ready && !wasReady) return [becameReady]
  if (!after.ready && wasReady) return [{ type: 'pod.not-ready', pod, reason: after.notReadyReason, cluster }]
  const [since, now] = [before?.readyChangedAtMs ?? null, after.readyChangedAtMs]
  if (!after.ready || since === null || now === null || now <= since) return []
  // Ready, then not, then ready again between two looks: the end of the pause is known, its start lies before it.
  const pause: ClusterClaim = { earliestAtMs: since, latestAtMs: now }
  return [{ type: 'pod.not-ready', pod, reason: null, cluster: pause }, becameReady]
}

/**
 * What happened to one pod between two looks at it, in order. `before` null: not known until now (an existing pod
 * gets all the facts that led to its state); `after` null: gone. Both are of one uid.
 */
export const diffPod = (
  before: PodSnapshot | null,
  after: PodSnapshot | null,
  context: PodDiffContext,
): EventDraft[] => {
  if (after === null)
    return before === null ? [] : [{ type: 'pod.deleted', pod: before.ref, cluster: context.between }]
  const drafts = [
    ...beginnings(before, after, context),
    ...containerChanges(before, after),
    ...readiness(before, after),
  ]
  if (after.deletionAtMs !== null && (before?.deletionAtMs ?? null) === null) {
    drafts.push({
      type: 'pod.terminating',
      pod: after.ref,
      gracePeriodSeconds: after.deletionGraceSeconds ?? after.settings.gracePeriodSeconds,
      cluster: terminationClaim(after, before === null || context.between !== null),
    })
  }
  return drafts
}
