import type { WritableDeployment } from '../kube/write-whitelist.ts'
import { otherObjectsOf } from '../model/choreography-objects.ts'
import type { RolloutPlan } from '../model/scenario.ts'

/** What the choreography of a plan writes beside restarts. */
export const writesOf = (
  plan: Pick<RolloutPlan, 'choreography' | 'autoscaler'>,
): Pick<WritableDeployment, 'variants' | 'mayScale' | 'evictions'> => {
  switch (plan.choreography ?? 'restart') {
    case 'restart':
    case 'restart-during-rollout':
      return {}
    case 'node-drain':
      return { evictions: true }
    case 'scale-down':
      return { variants: otherObjectsOf(plan), mayScale: true }
    case 'image-change':
    case 'rollback':
      return { variants: [] }
  }
}
