import { withReadinessGates } from './alb/readiness-gate.ts'
import { type Controller, type ControllerContext, keyOf, splitKey } from './controller-context.ts'
import { deleteObject } from './deletion.ts'
import { nameSuffix } from './names.ts'
import { claimOwned } from './ownership.ts'
import { podFromTemplate } from './pod-from-template.ts'
import { rankForDeletion, relatedPods } from './pod-ranking.ts'
import { availableFromMs, conditionOf, isPodActive, isPodReady } from './pod-state.ts'
import { PODS, REPLICA_SETS } from './resource-names.ts'
import { hasLabels } from './selector.ts'
import type { KubeObject } from './store.ts'
import { kubeTime } from './timestamp.ts'
import { asPod, asReplicaSet, type Condition, controllerOf, type Pod, type ReplicaSet } from './types.ts'
import { createWorkQueue } from './work-queue.ts'

export interface ReplicaSetOptions {
  /** Says why a pod may not be created (a quota, an admission hook); `null` lets it. */
  readonly refusePod?: (pod: KubeObject) => string | null
}

const COMPONENT = 'replicaset-controller'

/** Keeps as many pods as each ReplicaSet wants, and its status (pkg/controller/replicaset). */
export const createReplicaSetController = (
  context: ControllerContext,
  options: ReplicaSetOptions = {},
): Controller => {
  const { store, clock, events, random } = context

  const create = (replicaSet: ReplicaSet, count: number): string | null => {
    for (let i = 0; i < count; i++) {
      let pod = podFromTemplate(replicaSet, nameSuffix(random))
      while (store.get(PODS, pod.metadata.namespace ?? null, pod.metadata.name) !== null)
        pod = podFromTemplate(replicaSet, nameSuffix(random))
      const refusal = options.refusePod?.(pod) ?? null
      if (refusal !== null) {
        const message = `Error creating: pods "${pod.metadata.generateName}" is forbidden: ${refusal}`
        events.record({
          about: replicaSet,
          type: 'Warning',
          reason: 'FailedCreate',
          message,
          component: COMPONENT,
        })
        return message.replace('Error creating: ', '')
      }
      const message = `Created pod: ${store.create(PODS, withReadinessGates(store, pod)).metadata.name}`
      events.record({ about: replicaSet, reason: 'SuccessfulCreate', message, component: COMPONENT })
    }
    return null
  }

  const remove = (replicaSet: ReplicaSet, active: readonly Pod[], count: number): void => {
    const namespace = replicaSet.metadata.namespace ?? null
    const owner = controllerOf(replicaSet.metadata)?.uid
    const siblings = store
      .list(REPLICA_SETS, namespace)
      .items.filter(({ metadata }) => owner !== undefined && controllerOf(metadata)?.uid === owner)
    const uids = new Set([replicaSet, ...siblings].map(({ metadata }) => metadata.uid))
    const related = relatedPods(store.list(PODS, namespace).items.map(asPod), uids)
    for (const pod of rankForDeletion(active, related, clock.epochMs()).slice(0, count)) {
      if (deleteObject(store, clock, PODS, pod) === null) continue
      const message = `Deleted pod: ${pod.metadata.name}`
      events.record({ about: replicaSet, reason: 'SuccessfulDelete', message, component: COMPONENT })
    }
  }

  const failureCondition = (replicaSet: ReplicaSet, failure: string | null): readonly Condition[] => {
    const others = (replicaSet.status?.conditions ?? []).filter(({ type }) => type !== 'ReplicaFailure')
    if (failure === null) return others
    const before = conditionOf(replicaSet.status?.conditions, 'ReplicaFailure')
    const lastTransitionTime = before?.lastTransitionTime ?? kubeTime(clock.epochMs())
    const condition = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' }
    return [...others, { ...condition, message: failure, lastTransitionTime }]
  }

  const writeStatus = (replicaSet: ReplicaSet, active: readonly Pod[], failure: string | null): void => {
    const nowMs = clock.epochMs()
    const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0
    const from = active.map((pod) => availableFromMs(pod, minReadySeconds))
    const available = from.filter((atMs) => atMs !== null && atMs <= nowMs).length
    const ready = active.filter(isPodReady).length
    const labels = replicaSet.spec.template.metadata?.labels ?? {}
    const labeled = active.filter((pod) => hasLabels(pod.metadata.labels, labels)).length
    const conditions = failureCondition(replicaSet, failure)
    const { namespace = null, name } = replicaSet.metadata
    store.mutate(REPLICA_SETS, namespace, name, (draft) => {
      draft.status = {
        replicas: active.length,
        ...(labeled > 0 && { fullyLabeledReplicas: labeled }),
        ...(ready > 0 && { readyReplicas: ready }),
        ...(available > 0 && { availableReplicas: available }),
        observedGeneration: replicaSet.metadata.generation,
        ...(conditions.length > 0 && { conditions }),
      }
    })
    const nextMs = Math.min(...from.filter((atMs): atMs is number => atMs !== null && atMs > nowMs))
    if (Number.isFinite(nextMs)) queue.addAfter(keyOf(replicaSet), nextMs - nowMs)
  }

  const sync = (key: string): void => {
    const { namespace, name } = splitKey(key)
    const found = store.get(REPLICA_SETS, namespace, name)
    if (found === null) return
    const replicaSet = asReplicaSet(found)
    const active = (): readonly Pod[] =>
      claimOwned(store, PODS, replicaSet, replicaSet.spec.selector).map(asPod).filter(isPodActive)
    const pods = active()
    let failure: string | null = null
    if (replicaSet.metadata.deletionTimestamp === undefined) {
      const missing = (replicaSet.spec.replicas ?? 1) - pods.length
      if (missing > 0) failure = create(replicaSet, missing)
      if (missing < 0) remove(replicaSet, pods, -missing)
    }
    if (failure !== null) queue.addAfter(key, 1000)
    writeStatus(replicaSet, active(), failure)
  }

  const queue = createWorkQueue(clock, context.syncDelayMs, sync)

  return {
    handle: ({ resource, object, previous }) => {
      if (resource === REPLICA_SETS) queue.add(keyOf(object))
      if (resource !== PODS) return
      for (const { metadata } of [object, previous ?? object]) {
        const owner = controllerOf(metadata)
        if (owner?.kind === 'ReplicaSet') queue.add(`${metadata.namespace ?? ''}/${owner.name}`)
        else if (owner === null)
          for (const orphanage of store.list(REPLICA_SETS, metadata.namespace ?? null).items)
            queue.add(keyOf(orphanage))
      }
    },
    stop: () => queue.stop(),
  }
}
