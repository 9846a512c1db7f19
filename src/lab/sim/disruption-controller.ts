import { type Controller, type ControllerContext, keyOf, splitKey } from './controller-context.ts'
import { isPodActive, isPodReady } from './pod-state.ts'
import { BUDGETS, DEPLOYMENTS, PODS, REPLICA_SETS } from './resource-names.ts'
import { resolveIntOrPercent } from './rounding.ts'
import { matchesSelector } from './selector.ts'
import type { KubeObject } from './store.ts'
import { kubeTime } from './timestamp.ts'
import {
  asBudget,
  asDeployment,
  asPod,
  asReplicaSet,
  controllerOf,
  type Pod,
  type PodDisruptionBudget,
} from './types.ts'
import { createWorkQueue } from './work-queue.ts'

interface Healthy {
  readonly expectedPods: number
  readonly desiredHealthy: number
}

/** Percentages of a budget round up, both of them (pkg/controller/disruption). */
const wantedHealthy = (budget: PodDisruptionBudget, podCount: number, scale: number): Healthy => {
  const { minAvailable, maxUnavailable } = budget.spec
  if (maxUnavailable !== undefined) {
    const unavailable = resolveIntOrPercent(maxUnavailable, scale, 'up') ?? 0
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - unavailable) }
  }
  if (typeof minAvailable === 'string')
    return { expectedPods: scale, desiredHealthy: resolveIntOrPercent(minAvailable, scale, 'up') ?? 0 }
  return { expectedPods: podCount, desiredHealthy: minAvailable ?? 1 }
}

/** Keeps the status of PodDisruptionBudgets, which evictions go by. */
export const createDisruptionController = (context: ControllerContext): Controller => {
  const { store, clock } = context

  /** Sum of what the controllers behind the pods want; a pod without one counts as itself. */
  const scaleOf = (namespace: string, pods: readonly Pod[]): number => {
    const wanted = new Map<string, number>()
    for (const pod of pods) {
      const owner = controllerOf(pod.metadata)
      const found = owner === null ? null : store.get(REPLICA_SETS, namespace, owner.name)
      if (found === null) {
        wanted.set(pod.metadata.uid ?? '', 1)
        continue
      }
      const above = controllerOf(found.metadata)
      const deployment = above === null ? null : store.get(DEPLOYMENTS, namespace, above.name)
      const top: KubeObject = deployment ?? found
      const { replicas } = (deployment === null ? asReplicaSet(found) : asDeployment(deployment)).spec
      wanted.set(top.metadata.uid ?? '', replicas ?? 1)
    }
    return [...wanted.values()].reduce((sum, replicas) => sum + replicas, 0)
  }

  const sync = (key: string): void => {
    const { namespace, name } = splitKey(key)
    const found = store.get(BUDGETS, namespace, name)
    if (found === null) return
    const budget = asBudget(found)
    const pods = store
      .list(PODS, namespace)
      .items.map(asPod)
      .filter((pod) => isPodActive(pod) && matchesSelector(budget.spec.selector, pod.metadata.labels))
    const { expectedPods, desiredHealthy } = wantedHealthy(budget, pods.length, scaleOf(namespace, pods))
    const currentHealthy = pods.filter(isPodReady).length
    const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy)
    const allowed = disruptionsAllowed > 0
    const before = budget.status?.conditions?.[0]
    const value = allowed ? 'True' : 'False'
    const lastTransitionTime =
      before?.status === value ? before.lastTransitionTime : kubeTime(clock.epochMs())
    store.mutate(BUDGETS, namespace, name, (draft) => {
      draft.status = {
        conditions: [
          {
            lastTransitionTime,
            message: '',
            observedGeneration: budget.metadata.generation,
            reason: allowed ? 'SufficientPods' : 'InsufficientPods',
            status: value,
            type: 'DisruptionAllowed',
          },
        ],
        currentHealthy,
        desiredHealthy,
        disruptionsAllowed,
        expectedPods,
        observedGeneration: budget.metadata.generation,
      }
    })
  }

  const queue = createWorkQueue(clock, context.syncDelayMs, sync)

  return {
    handle: ({ resource, object }) => {
      if (resource === BUDGETS) queue.add(keyOf(object))
      if (resource !== PODS && resource !== DEPLOYMENTS) return
      for (const budget of store.list(BUDGETS, object.metadata.namespace ?? null).items)
        queue.add(keyOf(budget))
    },
    stop: () => queue.stop(),
  }
}
