import { HarnessError } from '../../kernel/errors.ts'
import type { EvictionControl } from '../../kube/ports.ts'
import type { PodSnapshot } from '../../model/cluster.ts'
import { isRolloutComplete, rolloutProgress } from '../../model/rollout.ts'
import type { RollOnceOptions } from '../roll-once.ts'
import { lingeringReason, stuckReason } from '../stuck.ts'
import { waitFor } from '../wait.ts'

export interface NodeDrainOptions extends RollOnceOptions {
  readonly evictions: EvictionControl
}

/** As `kubectl drain`: a pod that a PodDisruptionBudget protects is asked for again after this. */
const RETRY_MS = 5_000
const LINGER_MARGIN_MS = 30_000

const stuck = (reason: string): HarnessError =>
  new HarnessError('ROLLOUT_STUCK', reason, {
    hint: 'look at the PodDisruptionBudgets of these pods and at what the new ones wait for, then run again',
  })

/** The node that has most of these pods; of several the first by name. `null` when no pod has one. */
export const fullestNode = (pods: readonly PodSnapshot[]): string | null => {
  const counts = new Map<string, number>()
  for (const { nodeName } of pods)
    if (nodeName !== null) counts.set(nodeName, (counts.get(nodeName) ?? 0) + 1)
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  return sorted[0]?.[0] ?? null
}

/**
 * Evicts every pod of the Deployment on one node, all at once, each again every 5 s while a PodDisruptionBudget refuses, as
 * `kubectl drain` does; over when they are gone and as many pods as wanted are available again. The node itself is not
 * touched: it is not cordoned, so new pods may come to it. Throws ROLLOUT_STUCK, the KUBE_ codes and the signal's reason.
 */
export const drainNode = async (index: number, options: NodeDrainOptions): Promise<void> => {
  const { plan, view, sink, clock, signal, evictions, onSend, log } = options
  const startMs = clock.nowMs()
  const deadlineMs = startMs + plan.timeoutMs
  const setNames = new Set([...view.replicaSets.values()].map(({ name }) => name))
  const ours = [...view.pods.values()].filter(
    ({ replicaSet, deletionAtMs }) =>
      replicaSet !== null && setNames.has(replicaSet) && deletionAtMs === null,
  )
  const node = fullestNode(ours)
  const victims = ours.filter(({ nodeName }) => node !== null && nodeName === node)
  sink({ type: 'rollout.requested', index })
  if (node === null) throw stuck('no pod of the Deployment is on a node')
  onSend()

  const evict = async (pod: PodSnapshot): Promise<void> => {
    for (;;) {
      if (signal.aborted) throw signal.reason
      const answer = await evictions.evict(pod.ref)
      sink({ type: 'eviction.answered', index, pod: pod.ref, node, answer })
      if (answer !== 'refused') return
      log.debug({ podName: pod.ref.name }, 'eviction refused by a PodDisruptionBudget, asking again')
      if (clock.nowMs() + RETRY_MS > deadlineMs) {
        throw stuck(
          `pod ${pod.ref.name} could not be evicted: a PodDisruptionBudget did not allow it in time`,
        )
      }
      await clock.sleepMs(RETRY_MS, signal)
    }
  }
  sink({
    type: 'rollout.acknowledged',
    index,
    generation: view.deployment?.generation ?? 0,
    oldPods: victims.map(({ ref }) => ref),
  })
  const asked = await Promise.allSettled(victims.map(evict))
  const refused = asked.find((one) => one.status === 'rejected')
  if (refused?.status === 'rejected') throw refused.reason

  const uids = new Set(victims.map(({ ref }) => ref.uid))
  const left = (): PodSnapshot[] => [...view.pods.values()].filter(({ ref }) => uids.has(ref.uid))
  const whole = await waitFor(
    () => {
      const { deployment } = view
      if (deployment === null) throw stuck('the Deployment was deleted by somebody else')
      const begun = left().every(({ deletionAtMs }) => deletionAtMs !== null)
      return begun && isRolloutComplete(deployment) ? true : null
    },
    { view, clock, deadlineMs, signal },
  )
  if (whole === null) {
    const what = `not whole again after ${Math.round((clock.nowMs() - startMs) / 1000)} s`
    throw stuck(view.deployment === null ? what : stuckReason(what, view.deployment, []))
  }
  if (view.deployment !== null)
    sink({ type: 'rollout.progressed', index, ...rolloutProgress(view.deployment) })
  sink({ type: 'rollout.completed', index, newReplicaSet: null })

  const graceMs = Math.max(0, ...victims.map(({ settings }) => settings.gracePeriodSeconds)) * 1000
  const gone = await waitFor(() => (left().length === 0 ? true : null), {
    view,
    clock,
    deadlineMs: clock.nowMs() + graceMs + LINGER_MARGIN_MS,
    signal,
  })
  if (gone === null)
    throw stuck(lingeringReason('the Deployment is whole, evicted pods are left', left(), clock.epochMs()))
  sink({ type: 'rollout.old-pods-gone', index })
}
