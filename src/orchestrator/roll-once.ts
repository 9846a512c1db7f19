import type { Clock } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { ClusterReader, ClusterView, DeploymentTarget, RolloutControl } from '../kube/ports.ts'
import type { DeploymentSnapshot, PodSnapshot, ReplicaSetSnapshot } from '../model/cluster.ts'
import type { EventSink } from '../model/events.ts'
import { isRolloutComplete, isRolloutStuck, type RolloutProgress, rolloutProgress } from '../model/rollout.ts'
import type { RolloutPlan } from '../model/scenario.ts'
import { RESTARTED_AT, restartedAtOf } from './patch.ts'
import { restartDeployment } from './restart.ts'
import { lingeringReason, stuckReason } from './stuck.ts'
import { waitFor } from './wait.ts'

/** What a rollout is made with and told to. */
export interface RolloutContext {
  readonly plan: RolloutPlan
  readonly target: DeploymentTarget
  readonly view: ClusterView
  readonly reader: ClusterReader
  readonly control: RolloutControl
  readonly sink: EventSink
  readonly clock: Clock
  readonly log: Logger
  /** Stops it where it is; nothing is sent to the cluster after. */
  readonly signal: AbortSignal
}

/** A change of the template that the API server took. */
export interface SentChange {
  readonly generation: number
  /** By what somebody else replaced it, in words; `null` while it stands. */
  replacedBy(deployment: DeploymentSnapshot): string | null
}

export interface RollOnceOptions extends RolloutContext {
  /** Called just before the restart is sent. */
  readonly onSend: () => void
  /** Restarts once more while the first restart is half way. */
  readonly twice?: boolean
  /** Makes the change that is followed; absent = a restart. */
  readonly makeChange?: () => Promise<SentChange>
}

/** Beyond its grace period a pod gets this long: the kubelet's last steps and our own lateness. */
const LINGER_MARGIN_MS = 30_000

const stuck = (reason: string): HarnessError =>
  new HarnessError('ROLLOUT_STUCK', reason, {
    hint: 'mend what the reason names, wait for the rollout, then run again',
  })

const sameProgress = (a: RolloutProgress | null, b: RolloutProgress): boolean =>
  a !== null &&
  a.updated === b.updated &&
  a.available === b.available &&
  a.old === b.old &&
  a.wanted === b.wanted

const restartOnce = async (options: RollOnceOptions): Promise<SentChange> => {
  const { restartedAt, generation } = await restartDeployment(options)
  return {
    generation,
    replacedBy: (deployment) => {
      const shown = restartedAtOf(deployment)
      return shown === restartedAt ? null : `this restart: ${RESTARTED_AT} now reads ${shown ?? 'nothing'}`
    },
  }
}

/**
 * One restart (or another change of the template): sent, completed (`model/rollout.ts`), every old pod gone. Each step is handed to the sink. Throws
 * ROLLOUT_STUCK with the reason, what {@link restartDeployment} throws, and the signal's reason.
 */
export const rollOnce = async (index: number, options: RollOnceOptions): Promise<void> => {
  const { plan, view, sink, clock, signal, onSend } = options
  const startMs = clock.nowMs()
  const deadlineMs = startMs + plan.timeoutMs
  const setNames = new Set<string>()
  const earlierSets = new Map<string, number | null>()
  const noteSets = (): void => {
    for (const { name } of view.replicaSets.values()) setNames.add(name)
  }
  noteSets()
  const unsubscribe = view.subscribe(noteSets)
  for (const { uid, revision } of view.replicaSets.values()) earlierSets.set(uid, revision)

  const isOurs = (pod: PodSnapshot): boolean => pod.replicaSet !== null && setNames.has(pod.replicaSet)
  const podsOfTarget = (): PodSnapshot[] => [...view.pods.values()].filter(isOurs)

  /** The ReplicaSet that this change made, or took up again as a newer revision; the newest if somebody else made one since. */
  const newSet = (): ReplicaSetSnapshot | null => {
    let newest: ReplicaSetSnapshot | null = null
    for (const set of view.replicaSets.values()) {
      if (earlierSets.has(set.uid) && earlierSets.get(set.uid) === set.revision) continue
      if (newest === null || (set.revision ?? 0) > (newest.revision ?? 0)) newest = set
    }
    return newest
  }

  /** The Deployment as long as it is there and this restart is its last; throws ROLLOUT_STUCK when not. */
  const stillOurs = (restart: SentChange): DeploymentSnapshot => {
    const { deployment } = view
    if (deployment === null) throw stuck('the Deployment was deleted by somebody else')
    const replaced = deployment.generation >= restart.generation ? restart.replacedBy(deployment) : null
    if (replaced !== null) throw stuck(`somebody else replaced ${replaced}`)
    return deployment
  }

  const complete = async (restart: SentChange): Promise<ReplicaSetSnapshot> => {
    let told: RolloutProgress | null = null
    const set = await waitFor(
      () => {
        const deployment = stillOurs(restart)
        if (deployment.observedGeneration < restart.generation) return null
        const progress = rolloutProgress(deployment)
        if (!sameProgress(told, progress)) {
          told = progress
          sink({ type: 'rollout.progressed', index, ...progress })
        }
        if (isRolloutStuck(deployment)) {
          throw stuck(stuckReason('ProgressDeadlineExceeded', deployment, newPods()))
        }
        const made = newSet()
        return isRolloutComplete(deployment) && made !== null && made.availableReplicas > 0 ? made : null
      },
      { view, clock, deadlineMs, signal },
    )
    if (set !== null) return set
    const what = `not complete after ${Math.round((clock.nowMs() - startMs) / 1000)} s`
    throw stuck(view.deployment === null ? what : stuckReason(what, view.deployment, newPods()))
  }

  /** Restarts again once a pod of the first restart is ready and one of before is still there. */
  const again = async (first: SentChange): Promise<SentChange> => {
    const isHalfWay = await waitFor(
      () => {
        const deployment = stillOurs(first)
        if (deployment.observedGeneration < first.generation) return null
        if (isRolloutComplete(deployment)) return false
        return newPods().some(({ ready }) => ready) && rolloutProgress(deployment).old > 0 ? true : null
      },
      { view, clock, deadlineMs, signal },
    )
    if (isHalfWay !== true) {
      throw stuck(
        isHalfWay === null
          ? `not half way after ${Math.round((clock.nowMs() - startMs) / 1000)} s`
          : 'the first restart was over before a second one could come in between',
      )
    }
    const oldPods = podsOfTarget()
    const second = await restartOnce(options)
    const { generation } = second
    sink({ type: 'rollout.acknowledged', index, generation, oldPods: oldPods.map(({ ref }) => ref) })
    return second
  }

  const newPods = (): PodSnapshot[] => {
    const made = newSet()
    return made === null ? [] : podsOfTarget().filter((pod) => pod.replicaSet === made.name)
  }

  const oldPodsGone = async (restart: SentChange, oldPods: readonly PodSnapshot[]): Promise<void> => {
    const oldUids = new Set(oldPods.map(({ ref }) => ref.uid))
    const graces = oldPods.map(({ settings }) => settings.gracePeriodSeconds)
    const graceMs = clock.nowMs() + Math.max(0, ...graces) * 1000 + LINGER_MARGIN_MS
    const remaining = (): PodSnapshot[] => {
      const made = newSet()
      return podsOfTarget().filter((pod) => oldUids.has(pod.ref.uid) || pod.replicaSet !== made?.name)
    }
    const look = (): true | null => {
      stillOurs(restart)
      return remaining().length === 0 ? true : null
    }
    const gone = await waitFor(look, {
      view,
      clock,
      deadlineMs: Math.min(graceMs, Math.max(deadlineMs, clock.nowMs())),
      signal,
    })
    if (gone === null) {
      throw stuck(
        lingeringReason('the new pods are available, old ones are left', remaining(), clock.epochMs()),
      )
    }
  }

  try {
    sink({ type: 'rollout.requested', index })
    const oldPods = podsOfTarget()
    onSend()
    const first = await (options.makeChange ?? (() => restartOnce(options)))()
    sink({
      type: 'rollout.acknowledged',
      index,
      generation: first.generation,
      oldPods: oldPods.map(({ ref }) => ref),
    })
    const restart = options.twice === true ? await again(first) : first
    const made = await complete(restart)
    sink({ type: 'rollout.completed', index, newReplicaSet: made.name })
    await oldPodsGone(restart, oldPods)
    sink({ type: 'rollout.old-pods-gone', index })
  } finally {
    unsubscribe()
  }
}
