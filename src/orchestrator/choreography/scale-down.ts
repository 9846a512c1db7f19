import { HarnessError } from '../../kernel/errors.ts'
import type { PodSnapshot } from '../../model/cluster.ts'
import { isRolloutComplete } from '../../model/rollout.ts'
import type { RollOnceOptions } from '../roll-once.ts'
import { lingeringReason } from '../stuck.ts'
import { waitFor } from '../wait.ts'

/** Changes the number of replicas, with a journal; and back. */
export interface Scaling {
  /**
   * Sets spec.replicas, or makes an autoscaler do that: then it follows later. Resolves with the numbers that may be seen on
   * the way back.
   */
  down(replicas: number): Promise<readonly number[]>
  /** Puts back what was before {@link down}, proved. */
  back(): Promise<void>
}

export interface ScaleDownOptions extends RollOnceOptions {
  readonly scaling: Scaling
}

const LINGER_MARGIN_MS = 30_000

const stuck = (reason: string): HarnessError =>
  new HarnessError('ROLLOUT_STUCK', reason, {
    hint: 'look at who else scales the Deployment (a HorizontalPodAutoscaler?), then run again',
  })

/** To how many replicas: what the plan says, else half of them; at least one and fewer than there are. `null` = none fits. */
export const scaleTarget = (replicas: number, wanted: number | null | undefined): number | null => {
  const to = wanted ?? Math.floor(replicas / 2)
  return to >= 1 && to < replicas ? to : null
}

/**
 * Scales the Deployment down (or has its autoscaler do it), waits until the pods that had to go are gone, and scales it back up until it is whole. Over
 * when that is so. What is put back is put back whatever happens. Throws ROLLOUT_STUCK, the KUBE_ codes, NOT_RESTORED and the
 * signal's reason.
 */
export const scaleDown = async (index: number, options: ScaleDownOptions): Promise<void> => {
  const { plan, view, sink, clock, signal, scaling, onSend } = options
  const startMs = clock.nowMs()
  const deadlineMs = startMs + plan.timeoutMs
  sink({ type: 'rollout.requested', index })
  const before = view.deployment
  const to = before === null ? null : scaleTarget(before.replicas, plan.scaleTo)
  if (before === null || to === null) {
    throw stuck(`cannot scale from ${before?.replicas ?? 0} replicas to ${plan.scaleTo ?? 'half of them'}`)
  }
  const alive = [...view.pods.values()].filter(({ deletionAtMs }) => deletionAtMs === null)
  const setNames = new Set([...view.replicaSets.values()].map(({ name }) => name))
  const ours = alive.filter(({ replicaSet }) => replicaSet !== null && setNames.has(replicaSet))
  const uids = new Set(ours.map(({ ref }) => ref.uid))
  /** Those of before that are ending or gone already. */
  const going = (): PodSnapshot[] =>
    ours.filter(({ ref }) => {
      const now = view.pods.get(ref.uid)
      return now === undefined || now.deletionAtMs !== null
    })
  const left = (): PodSnapshot[] =>
    [...view.pods.values()].filter(({ ref, deletionAtMs }) => uids.has(ref.uid) && deletionAtMs !== null)
  const seconds = (): number => Math.round((clock.nowMs() - startMs) / 1000)

  // With an autoscaler the journal alone is a change of the Deployment.
  if (plan.autoscaler !== undefined) view.expectTemplate(before)
  view.expectReplicas(to)
  view.expectReplicas(before.replicas)
  onSend()
  for (const between of await scaling.down(to)) view.expectReplicas(between)
  try {
    const told = await waitFor(
      () => {
        const { deployment } = view
        if (deployment === null) throw stuck('the Deployment was deleted by somebody else')
        return going().length >= ours.length - to && deployment.status.replicas === to ? true : null
      },
      { view, clock, deadlineMs, signal },
    )
    if (told === null) {
      const by = plan.autoscaler === undefined ? '' : ` by HorizontalPodAutoscaler ${plan.autoscaler}`
      throw stuck(`not scaled to ${to}${by} after ${seconds()} s`)
    }
    // Which pods had to go shows only now.
    const generation = view.deployment?.generation ?? before.generation
    sink({ type: 'rollout.acknowledged', index, generation, oldPods: going().map(({ ref }) => ref) })
    const graceMs = Math.max(0, ...ours.map(({ settings }) => settings.gracePeriodSeconds)) * 1000
    const gone = await waitFor(() => (left().length === 0 ? true : null), {
      view,
      clock,
      deadlineMs: clock.nowMs() + graceMs + LINGER_MARGIN_MS,
      signal,
    })
    if (gone === null)
      throw stuck(lingeringReason(`scaled to ${to}, old pods are left`, left(), clock.epochMs()))
  } finally {
    await scaling.back()
  }
  const whole = await waitFor(
    () => {
      const { deployment } = view
      if (deployment === null) throw stuck('the Deployment was deleted by somebody else')
      return deployment.replicas === before.replicas && isRolloutComplete(deployment) ? true : null
    },
    { view, clock, deadlineMs, signal },
  )
  if (whole === null) throw stuck(`not scaled back to ${before.replicas} after ${seconds()} s`)
  sink({ type: 'rollout.completed', index, newReplicaSet: null })
  sink({ type: 'rollout.old-pods-gone', index })
}
