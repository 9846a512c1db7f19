import { HarnessError } from '../kernel/errors.ts'
import type { DeploymentSnapshot } from '../model/cluster.ts'
import type { Variant } from '../model/variant.ts'
import type { JournaledChange } from '../orchestrator/choreography/change-image.ts'
import type { Scaling } from '../orchestrator/choreography/scale-down.ts'

const variantOf = (deployment: string, replicas: number): Variant => ({
  name: 'scale-down',
  patches: [
    { object: { kind: 'Deployment', name: deployment }, type: 'strategic', body: { spec: { replicas } } },
  ],
  mayScale: true,
})

/** The {@link Scaling} of a run: a change of spec.replicas under its journal. */
export const createScaling = (journaled: JournaledChange, deployment: DeploymentSnapshot): Scaling => ({
  down: (replicas) => journaled.apply(variantOf(deployment.name, replicas), deployment),
  back: async () => {
    if (journaled.original() === null) throw new HarnessError('INTERNAL', 'nothing was scaled')
    await journaled.back()
  },
})
