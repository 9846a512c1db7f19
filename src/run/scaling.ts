import { HarnessError } from '../kernel/errors.ts'
import type { DeploymentSnapshot } from '../model/cluster.ts'
import type { RolloutPlan } from '../model/scenario.ts'
import type { Variant } from '../model/variant.ts'
import { autoscalerBounds } from '../orchestrator/choreography/autoscaler.ts'
import type { JournaledChange } from '../orchestrator/choreography/change-image.ts'
import type { Scaling } from '../orchestrator/choreography/scale-down.ts'

const SCALE_DOWN = { name: 'scale-down', mayScale: true } as const

/** spec.replicas itself. */
const byHand = (deployment: string, replicas: number): Variant => ({
  ...SCALE_DOWN,
  patches: [
    { object: { kind: 'Deployment', name: deployment }, type: 'strategic', body: { spec: { replicas } } },
  ],
})

/** Both bounds of the autoscaler, which leaves it no choice. */
const byAutoscaler = (name: string, replicas: number): Variant => ({
  ...SCALE_DOWN,
  patches: [autoscalerBounds(name, replicas)],
  scaledTo: replicas,
})

/** The {@link Scaling} of a run: a change of spec.replicas, or of the bounds of what scales it, under its journal. */
export const createScaling = (
  journaled: JournaledChange,
  deployment: DeploymentSnapshot,
  { autoscaler }: Pick<RolloutPlan, 'autoscaler'>,
): Scaling => ({
  down: async (replicas) => {
    if (autoscaler === undefined) {
      await journaled.apply(byHand(deployment.name, replicas), deployment)
      return []
    }
    const records = await journaled.apply(byAutoscaler(autoscaler, replicas), deployment)
    // As soon as its bounds are back it may go to its lower one, before the number itself is put back.
    const changes = records.flatMap(({ object, changes: all }) =>
      object.kind === 'HorizontalPodAutoscaler' ? all : [],
    )
    const least = changes.find(({ path }) => path === '/spec/minReplicas')?.before?.value
    return typeof least === 'number' ? [least] : []
  },
  back: async () => {
    if (journaled.original() === null) throw new HarnessError('INTERNAL', 'nothing was scaled')
    await journaled.back()
  },
})
