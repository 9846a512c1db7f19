import type { RolloutPlan } from './scenario.ts'
import type { VariantObject } from './variant.ts'

/** The objects that the choreography of a plan changes beside the Deployment, under a journal as well. */
export const otherObjectsOf = ({
  choreography,
  autoscaler,
}: Pick<RolloutPlan, 'choreography' | 'autoscaler'>): readonly VariantObject[] =>
  choreography === 'scale-down' && autoscaler !== undefined
    ? [{ kind: 'HorizontalPodAutoscaler', name: autoscaler }]
    : []
