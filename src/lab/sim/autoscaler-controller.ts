import { type Controller, type ControllerContext, keyOf, splitKey } from './controller-context.ts'
import { AUTOSCALERS, DEPLOYMENTS } from './resource-names.ts'
import { kubeTime } from './timestamp.ts'
import { asAutoscaler, asDeployment, type Condition, type HorizontalPodAutoscaler } from './types.ts'
import { createWorkQueue } from './work-queue.ts'

interface Rescale {
  readonly replicas: number
  readonly reason: string
}

/**
 * What the bounds alone decide; `null` = nothing: then the metrics would, which the lab does not have. With no replicas at all
 * an autoscaler is switched off (kubernetes, pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler).
 */
export const rescaleOf = (spec: HorizontalPodAutoscaler['spec'], replicas: number): Rescale | null => {
  const { minReplicas = 1, maxReplicas } = spec
  if (replicas === 0 && minReplicas !== 0) return null
  if (replicas > maxReplicas)
    return { replicas: maxReplicas, reason: 'Current number of replicas above Spec.MaxReplicas' }
  if (replicas < minReplicas)
    return { replicas: minReplicas, reason: 'Current number of replicas below Spec.MinReplicas' }
  return null
}

/** What is said of an autoscaler whose metrics cannot be read. */
const NO_METRICS: Pick<Condition, 'type' | 'status' | 'reason' | 'message'> = {
  type: 'ScalingActive',
  status: 'False',
  reason: 'FailedGetResourceMetric',
  message: 'the HPA was unable to compute the replica count: the lab has no metrics',
}

/**
 * Keeps Deployments within the bounds of their HorizontalPodAutoscalers. Each object is looked at once in a period, and after a
 * change of it no sooner: the real controller's queue lets every key wait for its period.
 */
export const createAutoscalerController = (
  { store, clock, events }: ControllerContext,
  { periodMs }: { readonly periodMs: number },
): Controller => {
  const conditionsOf = (
    { status }: HorizontalPodAutoscaler,
    wanted: readonly Pick<Condition, 'type' | 'status' | 'reason' | 'message'>[],
  ): readonly Condition[] =>
    wanted.map((condition) => {
      const before = status?.conditions?.find(({ type }) => type === condition.type)
      const since = before?.status === condition.status ? before.lastTransitionTime : null
      return { ...condition, lastTransitionTime: since ?? kubeTime(clock.epochMs()) }
    })

  const sync = (key: string): void => {
    const { namespace, name } = splitKey(key)
    const found = store.get(AUTOSCALERS, namespace, name)
    if (found === null) return
    queue.add(key)
    const autoscaler = asAutoscaler(found)
    const { scaleTargetRef } = autoscaler.spec
    const target =
      scaleTargetRef.kind === 'Deployment' ? store.get(DEPLOYMENTS, namespace, scaleTargetRef.name) : null
    if (target === null) {
      const message = `the HPA controller was unable to get the target's current scale: ${scaleTargetRef.kind} "${scaleTargetRef.name}" not found`
      const able = { type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message }
      store.mutate(AUTOSCALERS, namespace, name, (draft) => {
        draft.status = {
          currentReplicas: autoscaler.status?.currentReplicas ?? 0,
          desiredReplicas: autoscaler.status?.desiredReplicas ?? 0,
          conditions: conditionsOf(autoscaler, [able]),
        }
      })
      return
    }
    const current = asDeployment(target).spec.replicas ?? 1
    const rescale = rescaleOf(autoscaler.spec, current)
    if (rescale !== null) {
      store.mutate(DEPLOYMENTS, namespace, scaleTargetRef.name, (draft) => {
        draft.spec = { ...asDeployment(draft).spec, replicas: rescale.replicas }
      })
      events.record({
        about: found,
        reason: 'SuccessfulRescale',
        message: `New size: ${rescale.replicas}; reason: ${rescale.reason}`,
        component: 'horizontal-pod-autoscaler',
      })
    }
    const able =
      rescale === null
        ? {
            reason: 'SucceededGetScale',
            message: "the HPA controller was able to get the target's current scale",
          }
        : {
            reason: 'SucceededRescale',
            message: `the HPA controller was able to update the target scale to ${rescale.replicas}`,
          }
    const lastScaleTime = rescale === null ? autoscaler.status?.lastScaleTime : kubeTime(clock.epochMs())
    store.mutate(AUTOSCALERS, namespace, name, (draft) => {
      draft.status = {
        currentReplicas: current,
        desiredReplicas: rescale?.replicas ?? autoscaler.status?.desiredReplicas ?? 0,
        ...(lastScaleTime !== undefined && { lastScaleTime }),
        conditions: conditionsOf(autoscaler, [
          { type: 'AbleToScale', status: 'True', ...able },
          ...(rescale === null ? [NO_METRICS] : []),
        ]),
      }
    })
  }

  const queue = createWorkQueue(clock, periodMs, sync)

  return {
    handle: ({ resource, object }) => {
      if (resource === AUTOSCALERS) queue.add(keyOf(object))
    },
    stop: () => queue.stop(),
  }
}
