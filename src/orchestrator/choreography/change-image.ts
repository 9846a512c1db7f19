import { HarnessError } from '../../kernel/errors.ts'
import type { RolloutControl } from '../../kube/ports.ts'
import type { DeploymentSnapshot } from '../../model/cluster.ts'
import type { JournalRecord } from '../../model/journal.ts'
import type { Variant } from '../../model/variant.ts'
import { type RollOnceOptions, rollOnce, type SentChange } from '../roll-once.ts'
import { waitFor } from '../wait.ts'
import { imageVariant, tryImage } from './image-patch.ts'

/** Changes the Deployment with a journal, in the same patch and in the bundle; and back. */
export interface JournaledChange {
  /** The Deployment as it was before {@link apply}; `null` when nothing is changed. */
  original(): DeploymentSnapshot | null
  /** Applies it, and tells what its journal says; without patches only the journal is written, so that restarts can be put back. */
  apply(variant: Variant, before: DeploymentSnapshot): Promise<readonly JournalRecord[]>
  /** Puts back what was before {@link apply}, and each restart since, proved; nothing when nothing is changed. */
  back(): Promise<void>
  /** Restarts that are written into the journal first. */
  readonly control: RolloutControl
}

export interface JournaledOptions extends RollOnceOptions {
  readonly journaled: JournaledChange
}

const stuck = (reason: string): HarnessError =>
  new HarnessError('ROLLOUT_STUCK', reason, {
    hint: 'look at who else changes the Deployment, then run again',
  })

const sameImages = (a: DeploymentSnapshot, images: readonly string[]): boolean =>
  a.images.join(' ') === images.join(' ')

/** The Deployment as the watch shows it once its template has these images, while `work` goes on. Throws what `work` throws. */
export const seenWithImages = async (
  images: readonly string[],
  since: DeploymentSnapshot,
  work: Promise<unknown>,
  { view, clock, plan, signal }: RollOnceOptions,
): Promise<DeploymentSnapshot> => {
  const seen = waitFor(
    () => {
      const { deployment } = view
      if (deployment === null) throw stuck('the Deployment was deleted by somebody else')
      return deployment.generation > since.generation && sameImages(deployment, images) ? deployment : null
    },
    { view, clock, deadlineMs: clock.nowMs() + plan.timeoutMs, signal },
  )
  const found = await Promise.race([seen, work.then(() => seen)])
  if (found === null) throw stuck(`the watch did not show image ${images.join(' ')}`)
  return found
}

/**
 * Gives the main container the plan's image, or its own again when it has that one already, and follows the rollout as that of
 * a restart. Throws as {@link rollOnce}, DEPLOYMENT_REFUSED and NOT_RESTORED.
 */
export const changeImage = async (index: number, options: JournaledOptions): Promise<void> => {
  const { plan, view, control, journaled } = options
  let work: Promise<unknown> = Promise.resolve()
  const makeChange = async (): Promise<SentChange> => {
    const before = view.deployment
    if (before === null || plan.image === undefined) throw stuck('there is no Deployment, or no image for it')
    const original = journaled.original()
    const images = original?.images ?? (await tryImage(control, before, plan.image))
    view.expectTemplate({ images, templateAnnotations: before.templateAnnotations })
    work =
      original === null
        ? journaled.apply(imageVariant('image-change', before, plan.image), before)
        : journaled.back()
    const { generation } = await seenWithImages(images, before, work, options)
    return {
      generation,
      replacedBy: (now) =>
        sameImages(now, images) ? null : `image ${images.join(' ')}: it now is ${now.images.join(' ')}`,
    }
  }
  try {
    await rollOnce(index, { ...options, makeChange })
  } finally {
    await work
  }
}
