import type { Fencepost } from '../../model/surroundings.ts'
import type { Predictor } from './predictor.ts'

const written = (name: string, { given, pods }: Fencepost): string =>
  `${name} ${given ?? 'not set (25 %)'}${given === String(pods) ? '' : `, which is ${pods}`}`

/** How many pods may be missing at this scale, by the rules of the Deployment controller (down, and 1 when both are 0). */
const missingAt = (replicas: number, { given, pods }: Fencepost, surge: Fencepost): number => {
  const percent = /^(\d+)%$/.exec(given ?? '25%')
  if (percent === null) return Math.min(pods, replicas)
  const down = Math.floor((replicas * Number(percent[1])) / 100)
  return Math.min(down === 0 && surge.pods === 0 ? 1 : down, replicas)
}

/** C5: the strategy lets the count of ready pods reach 0. C6: it leaves half of them or fewer. */
export const predictCapacity: Predictor = ({ workload, autoscalers }) => {
  const { strategy, replicas, maxSurge, maxUnavailable } = workload
  if (replicas === 0) return []
  const fix =
    'set maxUnavailable: 0 and maxSurge: 1 or more, so that an old pod goes only when a new one is ready'
  if (strategy === 'Recreate') {
    return [
      {
        id: 'recreate',
        cause: 'C5',
        alsoCauses: ['A1'],
        severity: 'high',
        title: 'Strategy Recreate ends all pods before it starts new ones',
        because:
          'spec.strategy.type is Recreate: no pod is ready from the end of the last old one until the first new one',
        fix: `use RollingUpdate; ${fix}`,
      },
    ]
  }
  const words = `${written('maxSurge', maxSurge)}; ${written('maxUnavailable', maxUnavailable)}; ${replicas} replica${replicas === 1 ? '' : 's'}`
  const rounded =
    maxSurge.pods === 0 &&
    maxUnavailable.given !== '1' &&
    maxUnavailable.pods === 1 &&
    /%/.test(maxUnavailable.given ?? '%')
      ? ': both round to 0, so Kubernetes takes one pod away at a time'
      : ''
  const left = replicas - maxUnavailable.pods
  if (left <= 0) {
    return [
      {
        id: 'ready-reaches-zero',
        cause: 'C5',
        alsoCauses: ['C6'],
        severity: 'high',
        title: 'The strategy lets the number of ready pods reach 0',
        because: `${words}${rounded}`,
        fix,
      },
    ]
  }
  const smallest = (autoscalers ?? []).find(
    ({ minReplicas }) =>
      minReplicas < replicas && minReplicas - missingAt(minReplicas, maxUnavailable, maxSurge) <= 0,
  )
  if (smallest !== undefined) {
    return [
      {
        id: 'autoscaler-lets-ready-reach-zero',
        cause: 'C5',
        alsoCauses: ['C6'],
        severity: 'medium',
        title: 'At its smallest scale the strategy lets the number of ready pods reach 0',
        because: `HorizontalPodAutoscaler ${smallest.name} goes down to ${smallest.minReplicas}; there ${written('maxSurge', maxSurge)}, ${written('maxUnavailable', maxUnavailable)} leave no ready pod`,
        fix: `${fix}; minReplicas 2 or more`,
      },
    ]
  }
  if (left * 2 > replicas) return []
  return [
    {
      id: 'half-the-capacity',
      cause: 'C6',
      alsoCauses: ['C5', 'E5'],
      severity: 'medium',
      title: 'The strategy takes half of the pods away, or more',
      because: `${words}${rounded}: ${left} of ${replicas} pods have to carry the load`,
      fix,
    },
  ]
}
