import { HarnessError } from '../../kernel/errors.ts'
import type { DeploymentSnapshot, PodSnapshot, ReplicaSetSnapshot } from '../../model/cluster.ts'
import { isRolloutComplete, isRolloutStuck, rolloutProgress } from '../../model/rollout.ts'
import { restartedAtOf } from '../patch.ts'
import { restartDeployment } from '../restart.ts'
import { lingeringReason, stuckReason } from '../stuck.ts'
import { waitFor } from '../wait.ts'
import { type JournaledOptions, seenWithImages } from './change-image.ts'
import { imageVariant, tryImage } from './image-patch.ts'

const LINGER_MARGIN_MS = 30_000

const stuck = (reason: string, hint = 'mend what the reason names, then run again'): HarnessError =>
  new HarnessError('ROLLOUT_STUCK', reason, { hint })

/** What tells the templates apart that this choreography writes. */
const templateOf = (deployment: DeploymentSnapshot): string =>
  JSON.stringify([restartedAtOf(deployment) ?? null, deployment.images])

/** The pods and ReplicaSets of the Deployment from now on, also those that go. */
const remember = ({ view }: JournaledOptions) => {
  const setNames = new Set<string>()
  const pods = new Map<string, PodSnapshot>()
  const earlier = new Map([...view.replicaSets.values()].map(({ uid, revision }) => [uid, revision]))
  const note = (): void => {
    for (const { name } of view.replicaSets.values()) setNames.add(name)
    for (const pod of view.pods.values())
      if (pod.replicaSet !== null && setNames.has(pod.replicaSet)) pods.set(pod.ref.uid, pod)
  }
  note()
  return {
    end: view.subscribe(note),
    /** ReplicaSets that are new, or were taken up again as a newer revision, the newest first. */
    newer: (): ReplicaSetSnapshot[] =>
      [...view.replicaSets.values()]
        .filter(({ uid, revision }) => !earlier.has(uid) || earlier.get(uid) !== revision)
        .sort((a, b) => (b.revision ?? 0) - (a.revision ?? 0)),
    alive: (): PodSnapshot[] => [...pods.values()].filter(({ ref }) => isAlive(view.pods.get(ref.uid))),
    /** Those that are ending or gone. */
    going: (): PodSnapshot[] => [...pods.values()].filter(({ ref }) => !isAlive(view.pods.get(ref.uid))),
    left: (): PodSnapshot[] =>
      [...view.pods.values()].filter(({ ref, deletionAtMs }) => pods.has(ref.uid) && deletionAtMs !== null),
  }
}

const isAlive = (pod: PodSnapshot | undefined): boolean => pod !== undefined && pod.deletionAtMs === null

/**
 * Rolls out a new revision (the plan's image, else a restart) and, half way or when it is complete, puts the old template back,
 * as `kubectl rollout undo` does, so that the old ReplicaSet is scaled up again. Over when it is whole and every pod that had
 * to go is gone: those of the new revision, and the old ones that it had replaced by then. What is put back is put back
 * whatever happens. Throws ROLLOUT_STUCK, DEPLOYMENT_REFUSED, NOT_RESTORED, what a restart throws, and the signal's reason.
 */
export const rollBack = async (index: number, options: JournaledOptions): Promise<void> => {
  const { plan, view, sink, clock, signal, control, journaled, onSend } = options
  const startMs = clock.nowMs()
  const deadlineMs = startMs + plan.timeoutMs
  const before = view.deployment
  sink({ type: 'rollout.requested', index })
  if (before === null) throw stuck('the Deployment was deleted by somebody else')
  const memory = remember(options)
  const here = (): DeploymentSnapshot => {
    if (view.deployment === null) throw stuck('the Deployment was deleted by somebody else')
    return view.deployment
  }
  const seconds = (): number => Math.round((clock.nowMs() - startMs) / 1000)

  /** Makes the new revision; the Deployment as it then is, or its generation at least. */
  const roll = async (): Promise<number> => {
    onSend()
    if (plan.image === undefined) {
      await journaled.apply({ name: 'rollback', patches: [] }, before)
      return (await restartDeployment({ ...options, control: journaled.control })).generation
    }
    const images = await tryImage(control, before, plan.image)
    view.expectTemplate({ images, templateAnnotations: before.templateAnnotations })
    const work = journaled.apply(imageVariant('rollback', before, plan.image), before)
    try {
      return (await seenWithImages(images, before, work, options)).generation
    } finally {
      await work
    }
  }

  const untilUndo = async (generation: number): Promise<void> => {
    const atEnd = plan.undo === 'completed'
    let ours: string | null = null
    const reached = await waitFor(
      () => {
        const deployment = here()
        if (deployment.generation < generation || deployment.observedGeneration < generation) return null
        ours ??= templateOf(deployment)
        if (templateOf(deployment) !== ours || deployment.generation > generation)
          throw stuck('somebody else changed the Deployment while its new revision was rolled out')
        if (isRolloutStuck(deployment)) throw stuck(stuckReason('ProgressDeadlineExceeded', deployment, []))
        const [made] = memory.newer()
        const isComplete = isRolloutComplete(deployment) && (made?.availableReplicas ?? 0) > 0
        if (atEnd) return isComplete ? true : null
        if (isRolloutComplete(deployment)) return false
        const isReady = memory.alive().some(({ ready, replicaSet }) => ready && replicaSet === made?.name)
        // Not sooner: a new pod that is taken back at once would have replaced nothing.
        const isReplacing = memory.going().some(({ replicaSet }) => replicaSet !== made?.name)
        return isReady && isReplacing && rolloutProgress(deployment).old > 0 ? true : null
      },
      { view, clock, deadlineMs, signal },
    )
    if (reached === null) throw stuck(`not ${atEnd ? 'complete' : 'half way'} after ${seconds()} s`)
    if (!reached)
      throw stuck(
        'the new revision was complete before it could be rolled back half way',
        'give rollout.undo: completed, or let the rollout take longer (minReadySeconds)',
      )
  }

  try {
    view.expectTemplate(before)
    let newSets: readonly string[] = []
    try {
      const generation = await roll()
      // Which pods have to go shows only when it is rolled back.
      sink({ type: 'rollout.acknowledged', index, generation, oldPods: [] })
      await untilUndo(generation)
      newSets = memory.newer().map(({ name }) => name)
    } finally {
      await journaled.back()
    }
    const whole = await waitFor(
      () => {
        const deployment = here()
        const alive = memory.alive()
        return templateOf(deployment) === templateOf(before) &&
          isRolloutComplete(deployment) &&
          alive.length === deployment.replicas &&
          !alive.some(({ replicaSet }) => replicaSet !== null && newSets.includes(replicaSet))
          ? deployment
          : null
      },
      { view, clock, deadlineMs, signal },
    )
    if (whole === null) throw stuck(`not rolled back after ${seconds()} s`)
    const going = memory.going()
    const oldPods = going.map(({ ref }) => ref)
    sink({ type: 'rollout.acknowledged', index, generation: whole.generation, oldPods })
    sink({ type: 'rollout.progressed', index, ...rolloutProgress(whole) })
    sink({ type: 'rollout.completed', index, newReplicaSet: null })
    const graceMs = Math.max(0, ...going.map(({ settings }) => settings.gracePeriodSeconds)) * 1000
    const gone = await waitFor(() => (memory.left().length === 0 ? true : null), {
      view,
      clock,
      deadlineMs: clock.nowMs() + graceMs + LINGER_MARGIN_MS,
      signal,
    })
    if (gone === null)
      throw stuck(lingeringReason('rolled back, pods are left', memory.left(), clock.epochMs()))
    sink({ type: 'rollout.old-pods-gone', index })
  } finally {
    memory.end()
  }
}
