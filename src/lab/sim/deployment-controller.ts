import { type Controller, type ControllerContext, keyOf, splitKey } from './controller-context.ts'
import { deleteObject } from './deletion.ts'
import {
  type Annotations,
  maxReplicasThen,
  newSetAnnotations,
  REVISION,
  revisionOf,
  sizeAnnotations,
  wasScaledSince,
} from './deployment-annotations.ts'
import {
  byCreation,
  newReplicaCount,
  type ScaleStep,
  scaleProportionally,
  shrinkOld,
  wantedBy,
} from './deployment-scaling.ts'
import {
  calculateStatus,
  deadlineAtMs,
  hasDeadline,
  isComplete,
  newCondition,
  rolloutStatus,
  withCondition,
} from './deployment-status.ts'
import { HASH_LABEL, sameTemplate, templateHash } from './names.ts'
import { claimOwned } from './ownership.ts'
import { conditionOf, isPodFinished } from './pod-state.ts'
import { DEPLOYMENTS, PODS, REPLICA_SETS } from './resource-names.ts'
import { kubeTime } from './timestamp.ts'
import {
  asDeployment,
  asPod,
  asReplicaSet,
  type Condition,
  controlledBy,
  controllerOf,
  type Deployment,
  type DeploymentStatus,
  type ReplicaSet,
} from './types.ts'
import { createWorkQueue } from './work-queue.ts'

const COMPONENT = 'deployment-controller'

interface Sets {
  /** The set of the current template; `null` when there is none yet. */
  readonly newSet: ReplicaSet | null
  /** All others, oldest first. */
  readonly old: readonly ReplicaSet[]
}

const allOf = ({ newSet, old }: Sets): readonly ReplicaSet[] => (newSet === null ? old : [...old, newSet])
const isActive = (replicaSet: ReplicaSet): boolean => wantedBy(replicaSet) > 0

/**
 * Rolls Deployments: RollingUpdate and Recreate, scaling in between, pause, revisions and their history, progress
 * deadline and status (pkg/controller/deployment). Every sync reads the store anew, so there are no stale counts.
 */
export const createDeploymentController = (context: ControllerContext): Controller => {
  const { store, clock, events } = context

  const now = (): string => kubeTime(clock.epochMs())
  const read = ({ metadata }: Deployment): Deployment | null => {
    const found = store.get(DEPLOYMENTS, metadata.namespace ?? null, metadata.name)
    return found === null ? null : asDeployment(found)
  }

  const setsOf = (deployment: Deployment): Sets => {
    const owned = claimOwned(store, REPLICA_SETS, deployment, deployment.spec.selector)
      .map(asReplicaSet)
      .sort(byCreation)
    const newSet = owned.find(({ spec }) => sameTemplate(spec.template, deployment.spec.template)) ?? null
    return { newSet, old: owned.filter((replicaSet) => replicaSet !== newSet) }
  }

  const writeStatus = (deployment: Deployment, status: DeploymentStatus): void => {
    store.mutate(DEPLOYMENTS, deployment.metadata.namespace ?? null, deployment.metadata.name, (draft) => {
      draft.status = status
    })
  }

  /** Writes the revision and, when there is one, a Progressing condition; the counts stay. */
  const note = (
    deployment: Deployment,
    revision: string | undefined,
    progressing: Condition | null,
  ): void => {
    store.mutate(DEPLOYMENTS, deployment.metadata.namespace ?? null, deployment.metadata.name, (draft) => {
      if (revision !== undefined)
        draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: revision }
      if (progressing === null) return
      const { status } = asDeployment(draft)
      draft.status = { ...status, conditions: withCondition(status?.conditions, progressing) }
    })
  }

  const progressing = (status: string, reason: string, message: string): Condition =>
    newCondition('Progressing', status, reason, message, now())

  const scale = (deployment: Deployment, { replicaSet, replicas }: ScaleStep): boolean => {
    const before = wantedBy(replicaSet)
    const { namespace = null, name } = replicaSet.metadata
    const scaled = store.mutate(REPLICA_SETS, namespace, name, (draft) => {
      draft.spec = { ...asReplicaSet(draft).spec, replicas }
      draft.metadata.annotations = { ...draft.metadata.annotations, ...sizeAnnotations(deployment) }
    })
    if (scaled === null || replicas === before) return false
    const message = `Scaled ${replicas > before ? 'up' : 'down'} replica set ${name} from ${before} to ${replicas}`
    events.record({ about: deployment, reason: 'ScalingReplicaSet', message, component: COMPONENT })
    return true
  }

  const scaleAll = (deployment: Deployment, steps: readonly ScaleStep[]): boolean =>
    steps.filter((step) => scale(deployment, step)).length > 0

  const nextRevision = (old: readonly ReplicaSet[]): number => Math.max(0, ...old.map(revisionOf)) + 1

  /** The existing set of the current template, its annotations and revision brought up to date. */
  const refresh = (deployment: Deployment, { newSet, old }: Sets): ReplicaSet | null => {
    if (newSet === null) return null
    const { namespace = null, name } = newSet.metadata
    const updated = store.mutate(REPLICA_SETS, namespace, name, (draft) => {
      const current: Annotations = draft.metadata.annotations ?? {}
      draft.metadata.annotations = { ...newSetAnnotations(deployment, current, nextRevision(old)) }
      const { minReadySeconds } = deployment.spec
      if (minReadySeconds !== undefined) draft.spec = { ...asReplicaSet(draft).spec, minReadySeconds }
    })
    const known = conditionOf(deployment.status?.conditions, 'Progressing') !== undefined
    const found =
      known || !hasDeadline(deployment)
        ? null
        : progressing('True', 'FoundNewReplicaSet', `Found new replica set "${name}"`)
    note(deployment, updated?.metadata.annotations?.[REVISION], found)
    return updated === null ? null : asReplicaSet(updated)
  }

  const createSet = (deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet | null => {
    const { spec, metadata } = deployment
    const namespace = metadata.namespace ?? null
    const hash = templateHash(spec.template, deployment.status?.collisionCount)
    const name = `${metadata.name}-${hash}`
    if (store.get(REPLICA_SETS, namespace, name) !== null) {
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1
      writeStatus(deployment, { ...deployment.status, collisionCount })
      return null
    }
    const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash }
    const replicas = newReplicaCount(deployment, old, 0)
    const revision = nextRevision(old)
    const created = store.create(REPLICA_SETS, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name,
        ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
        labels,
        annotations: { ...newSetAnnotations(deployment, {}, revision), ...sizeAnnotations(deployment) },
        ownerReferences: [controlledBy(deployment)],
      },
      spec: {
        replicas,
        ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
        selector: {
          ...spec.selector,
          matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash },
        },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
      status: { replicas: 0 },
    })
    if (replicas > 0) {
      const message = `Scaled up replica set ${name} from 0 to ${replicas}`
      events.record({ about: deployment, reason: 'ScalingReplicaSet', message, component: COMPONENT })
    }
    const said = progressing('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`)
    note(deployment, String(revision), hasDeadline(deployment) ? said : null)
    return asReplicaSet(created)
  }

  /** The sets, with the revision of the newest in order; `create` makes the new one when it is missing. */
  const syncRevision = (deployment: Deployment, create: boolean): Sets => {
    const sets = setsOf(deployment)
    const refreshed = refresh(deployment, sets)
    if (refreshed !== null || !create) return { newSet: refreshed, old: sets.old }
    return { newSet: createSet(deployment, sets.old), old: sets.old }
  }

  /** Deletes the oldest empty sets beyond revisionHistoryLimit. */
  const cleanUp = (deployment: Deployment, old: readonly ReplicaSet[]): void => {
    const limit = deployment.spec.revisionHistoryLimit ?? 10
    const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    const byRevision = [...alive].sort((a, b) => revisionOf(a) - revisionOf(b))
    for (const replicaSet of byRevision.slice(0, Math.max(0, alive.length - limit))) {
      const { status, metadata } = replicaSet
      const observed = (metadata.generation ?? 1) <= (status?.observedGeneration ?? 0)
      if ((status?.replicas ?? 0) === 0 && !isActive(replicaSet) && observed)
        deleteObject(store, clock, REPLICA_SETS, replicaSet)
    }
  }

  /** Counts and conditions from the sets as they are in the store now. */
  const syncStatus = (before: Deployment, onlyCounts = false): void => {
    const deployment = read(before)
    if (deployment === null) return
    const sets = setsOf(deployment)
    const status = (onlyCounts ? calculateStatus : rolloutStatus)(deployment, sets.newSet, allOf(sets), now())
    writeStatus(deployment, status)
    const deadlineMs = deadlineAtMs(deployment, status)
    if (deadlineMs !== null && !onlyCounts)
      queue.addAfter(keyOf(deployment), Math.max(0, deadlineMs - clock.epochMs()) + 1000)
    if (isComplete(deployment, status)) cleanUp(deployment, sets.old)
  }

  /** Follows a change of `replicas`, without rolling (the `scale` of sync.go). */
  const syncSize = (deployment: Deployment): void => {
    const sets = syncRevision(deployment, false)
    const active = allOf(sets).filter(isActive)
    const only = active.length === 0 ? (sets.newSet ?? sets.old.at(-1)) : active[0]
    const wanted = deployment.spec.replicas ?? 1
    if (only !== undefined && active.length <= 1) scale(deployment, { replicaSet: only, replicas: wanted })
    else if (sets.newSet !== null && isSaturated(deployment, sets.newSet))
      scaleAll(
        deployment,
        sets.old.filter(isActive).map((replicaSet) => ({ replicaSet, replicas: 0 })),
      )
    else if (deployment.spec.strategy?.type !== 'Recreate')
      scaleAll(deployment, scaleProportionally(deployment, active, maxReplicasThen))
    if (deployment.spec.paused === true) cleanUp(deployment, sets.old)
    syncStatus(deployment, true)
  }

  const isSaturated = (deployment: Deployment, newSet: ReplicaSet): boolean => {
    const wanted = deployment.spec.replicas ?? 1
    const desiredThen = Number(newSet.metadata.annotations?.['deployment.kubernetes.io/desired-replicas'])
    return (
      wantedBy(newSet) === wanted &&
      desiredThen === wanted &&
      (newSet.status?.availableReplicas ?? 0) === wanted
    )
  }

  const growNew = (deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): boolean => {
    const wanted = deployment.spec.replicas ?? 1
    const current = wantedBy(newSet)
    const replicas = current > wanted ? wanted : newReplicaCount(deployment, [newSet, ...old], current)
    return current !== replicas && scale(deployment, { replicaSet: newSet, replicas })
  }

  const roll = (deployment: Deployment): void => {
    const { newSet, old } = syncRevision(deployment, true)
    if (newSet === null) queue.add(keyOf(deployment))
    else if (!growNew(deployment, newSet, old)) scaleAll(deployment, shrinkOld(deployment, newSet, old))
    syncStatus(deployment)
  }

  const oldPodsRun = (deployment: Deployment, old: readonly ReplicaSet[]): boolean => {
    const uids = new Set(old.map(({ metadata }) => metadata.uid))
    return store
      .list(PODS, deployment.metadata.namespace ?? null)
      .items.map(asPod)
      .some((pod) => uids.has(controllerOf(pod.metadata)?.uid) && !isPodFinished(pod))
  }

  const recreate = (deployment: Deployment): void => {
    const { newSet, old } = syncRevision(deployment, false)
    const steps = old.filter(isActive).map((replicaSet) => ({ replicaSet, replicas: 0 }))
    if (!scaleAll(deployment, steps) && !oldPodsRun(deployment, old)) {
      const current = newSet ?? createSet(deployment, old)
      if (current === null) queue.add(keyOf(deployment))
      else scale(deployment, { replicaSet: current, replicas: deployment.spec.replicas ?? 1 })
    }
    syncStatus(deployment)
  }

  const notePause = (deployment: Deployment): void => {
    const condition = conditionOf(deployment.status?.conditions, 'Progressing')
    if (!hasDeadline(deployment) || condition?.reason === 'ProgressDeadlineExceeded') return
    const wasPaused = condition?.reason === 'DeploymentPaused'
    if (deployment.spec.paused === true && !wasPaused)
      note(deployment, undefined, progressing('Unknown', 'DeploymentPaused', 'Deployment is paused'))
    else if (deployment.spec.paused !== true && wasPaused)
      note(deployment, undefined, progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed'))
  }

  const sync = (key: string): void => {
    const { namespace, name } = splitKey(key)
    const found = store.get(DEPLOYMENTS, namespace, name)
    if (found === null) return
    if (found.metadata.deletionTimestamp !== undefined) {
      syncStatus(asDeployment(found), true)
      return
    }
    notePause(asDeployment(found))
    const deployment = read(asDeployment(found))
    if (deployment === null) return
    const scaled = allOf(setsOf(deployment))
      .filter(isActive)
      .some((replicaSet) => wasScaledSince(deployment, replicaSet))
    if (deployment.spec.paused === true || scaled) syncSize(deployment)
    else if (deployment.spec.strategy?.type === 'Recreate') recreate(deployment)
    else roll(deployment)
  }

  const queue = createWorkQueue(clock, context.syncDelayMs, sync)

  const addOwner = (namespace: string | undefined, owner: ReturnType<typeof controllerOf>): void => {
    if (owner?.kind === 'Deployment') queue.add(`${namespace ?? ''}/${owner.name}`)
  }

  return {
    handle: ({ type, resource, object, previous }) => {
      const { namespace } = object.metadata
      if (resource === DEPLOYMENTS) queue.add(keyOf(object))
      if (resource === REPLICA_SETS) {
        const owners = [
          controllerOf(object.metadata),
          previous === null ? null : controllerOf(previous.metadata),
        ]
        for (const owner of owners) addOwner(namespace, owner)
        if (owners.every((owner) => owner === null))
          for (const deployment of store.list(DEPLOYMENTS, namespace ?? null).items)
            queue.add(keyOf(deployment))
      }
      const ended = type === 'DELETED' || (type === 'MODIFIED' && isPodFinished(asPod(object)))
      if (resource === PODS && ended) {
        const owner = controllerOf(object.metadata)
        const replicaSet = owner === null ? null : store.get(REPLICA_SETS, namespace ?? null, owner.name)
        if (replicaSet !== null) addOwner(namespace, controllerOf(replicaSet.metadata))
      }
    },
    stop: () => queue.stop(),
  }
}
