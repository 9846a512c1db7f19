import type { WritableDeployment } from '../kube/write-whitelist.ts'
import type { Choreography } from '../model/choreography.ts'

/** What a choreography writes beside restarts. */
export const writesOf = (
  choreography: Choreography,
): Pick<WritableDeployment, 'variants' | 'mayScale' | 'evictions'> => {
  switch (choreography) {
    case 'restart':
    case 'restart-during-rollout':
      return {}
    case 'node-drain':
      return { evictions: true }
    case 'scale-down':
      return { variants: [], mayScale: true }
    case 'image-change':
    case 'rollback':
      return { variants: [] }
  }
}
