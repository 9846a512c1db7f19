import type { Prediction } from '../../model/prediction.ts'
import type { BudgetSpec } from '../../model/surroundings.ts'
import type { Predictor } from './predictor.ts'

/** How many pods a budget lets be away, of `replicas`; percentages round up both ways (disruption controller). */
const allowedAway = ({ minAvailable, maxUnavailable }: BudgetSpec, replicas: number): number | null => {
  const podsOf = (text: string): number | null => {
    const percent = /^(\d+)%$/.exec(text)
    if (percent !== null) return Math.ceil((replicas * Number(percent[1])) / 100)
    return /^\d+$/.test(text) ? Number(text) : null
  }
  if (minAvailable !== null) {
    const kept = podsOf(minAvailable)
    return kept === null ? null : Math.max(0, replicas - kept)
  }
  return maxUnavailable === null ? null : podsOf(maxUnavailable)
}

const written = ({ minAvailable, maxUnavailable }: BudgetSpec): string =>
  minAvailable === null ? `maxUnavailable ${maxUnavailable}` : `minAvailable ${minAvailable}`

/** E1: a PodDisruptionBudget that does not do what it seems to be there for. It limits evictions, never a rolling update. */
export const predictDisruptionBudget: Predictor = ({ workload, budgets }) => {
  const { replicas, maxUnavailable, name, strategy } = workload
  const shared = { cause: 'E1', alsoCauses: ['C5', 'C6'] } as const
  return (budgets ?? []).flatMap((budget): Prediction[] => {
    const found: Prediction[] = []
    const away = allowedAway(budget, replicas)
    const gone = strategy === 'Recreate' ? replicas : maxUnavailable.pods
    if (!budget.selectsPods) {
      found.push({
        ...shared,
        id: 'budget-selects-nothing',
        severity: 'medium',
        title: 'The PodDisruptionBudget selects none of the pods',
        because: `PodDisruptionBudget ${budget.name} bears the Deployment's name, and its selector does not match the labels of ${name}'s pods: a drained node may take them all`,
        fix: "give it the labels of the Deployment's pod template",
      })
    } else if (away !== null && away < gone) {
      found.push({
        ...shared,
        id: 'budget-does-not-limit-rollouts',
        severity: 'low',
        title: 'The PodDisruptionBudget does not protect the rolling update',
        because: `PodDisruptionBudget ${budget.name} (${written(budget)}) lets ${away} of ${replicas} pods be away, the rolling update takes ${gone} away: budgets limit evictions only`,
        fix: 'what holds for rollouts is spec.strategy.rollingUpdate: set maxUnavailable there to what the budget says',
      })
    } else if (away === 0) {
      found.push({
        ...shared,
        id: 'budget-blocks-every-eviction',
        severity: 'low',
        title: 'The PodDisruptionBudget lets no pod be evicted',
        because: `PodDisruptionBudget ${budget.name} (${written(budget)}) at ${replicas} replicas allows 0 disruptions: a node drain never ends, until somebody forces it without grace`,
        fix: 'allow at least one: maxUnavailable: 1, with two or more replicas',
      })
    }
    if (budget.appliedVersion === 'policy/v1beta1') {
      found.push({
        ...shared,
        id: 'budget-of-removed-version',
        alsoCauses: [],
        severity: 'low',
        title: 'The manifest of the PodDisruptionBudget no longer applies',
        because: `PodDisruptionBudget ${budget.name} was last applied as policy/v1beta1, which Kubernetes 1.25 removed; the next cluster will have no budget, and an empty selector means all pods in v1 and none in v1beta1`,
        fix: 'change apiVersion to policy/v1, and look at its selector',
      })
    }
    return found
  })
}
