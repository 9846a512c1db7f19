import { deleteObject } from '../sim/deletion.ts'
import { isPodActive } from '../sim/pod-state.ts'
import { BUDGETS } from '../sim/resource-names.ts'
import { formatSelector, matchesSelector } from '../sim/selector.ts'
import type { KubeObject } from '../sim/store.ts'
import { asBudget, asDeployment, asPod, asReplicaSet } from '../sim/types.ts'
import { ApiError, badRequest, invalid, notFound } from './api-error.ts'
import { isObject, objectOr } from './json-value.ts'
import { applyPatch, checkPreconditions, type NamedTarget, patchObject, type WriteContext } from './writes.ts'

const MERGE_PATCH = 'application/merge-patch+json'

const found = ({ store }: WriteContext, { type, namespace, name }: NamedTarget): KubeObject => {
  const object = store.get(type.storeName, namespace, name)
  if (object === null) throw notFound(type, name)
  return object
}

const scaleOf = (object: KubeObject): KubeObject => {
  const { metadata } = object
  const { spec, status } = object.kind === 'Deployment' ? asDeployment(object) : asReplicaSet(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: metadata.name,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      ...(metadata.uid !== undefined && { uid: metadata.uid }),
      ...(metadata.resourceVersion !== undefined && { resourceVersion: metadata.resourceVersion }),
      ...(metadata.creationTimestamp !== undefined && { creationTimestamp: metadata.creationTimestamp }),
    },
    spec: { replicas: spec.replicas ?? 1 },
    status: { replicas: status?.replicas ?? 0, selector: formatSelector(spec.selector) },
  }
}

/** `GET …/scale`. */
export const readScale = (context: WriteContext, target: NamedTarget): KubeObject =>
  scaleOf(found(context, target))

const setReplicas = (context: WriteContext, target: NamedTarget, scale: unknown): KubeObject => {
  const { replicas } = objectOr(objectOr(scale).spec)
  const { resourceVersion } = objectOr(objectOr(scale).metadata)
  if (typeof replicas !== 'number' || !Number.isInteger(replicas))
    throw badRequest(`Scale in version "v1" cannot be handled as a Scale: spec.replicas is no number`)
  if (replicas < 0)
    throw invalid('Scale', 'autoscaling', target.name, [
      {
        reason: 'FieldValueInvalid',
        field: 'spec.replicas',
        message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
      },
    ])
  const metadata = typeof resourceVersion === 'string' && resourceVersion !== '' ? { resourceVersion } : {}
  return scaleOf(patchObject(context, target, MERGE_PATCH, { metadata, spec: { replicas } }))
}

/** `PUT …/scale`. */
export const replaceScale = (context: WriteContext, target: NamedTarget, body: unknown): KubeObject =>
  setReplicas(context, target, body)

/** `PATCH …/scale`. */
export const patchScale = (
  context: WriteContext,
  target: NamedTarget,
  contentType: string,
  patch: unknown,
): KubeObject => {
  const scale = applyPatch('Scale', scaleOf(found(context, target)), contentType, patch)
  const given = isObject(patch) ? objectOr(patch.metadata).resourceVersion : undefined
  const { spec } = objectOr(scale)
  return setReplicas(context, target, {
    spec,
    metadata: given === undefined ? {} : { resourceVersion: given },
  })
}

const tooManyDisruptions = (budget: KubeObject): ApiError =>
  new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${budget.metadata.name} needs ${asBudget(budget).status?.desiredHealthy ?? 0} healthy pods and has ${asBudget(budget).status?.currentHealthy ?? 0} currently`,
      },
    ],
  })

/** `POST pods/NAME/eviction`: deletes the pod if its PodDisruptionBudgets allow it now, else 429. */
export const evict = (context: WriteContext, target: NamedTarget, body: unknown): unknown => {
  const { store, clock } = context
  const pod = asPod(found(context, target))
  const { deleteOptions } = objectOr(body)
  checkPreconditions(target.type, pod, deleteOptions)
  const budgets = store
    .list(BUDGETS, target.namespace)
    .items.filter((budget) => matchesSelector(asBudget(budget).spec.selector, pod.metadata.labels))
  for (const budget of budgets) {
    const allowed = asBudget(budget).status?.disruptionsAllowed ?? 0
    if (isPodActive(pod) && allowed <= 0) throw tooManyDisruptions(budget)
  }
  if (!target.dryRun) {
    for (const { metadata } of budgets)
      store.mutate(BUDGETS, target.namespace, metadata.name, (draft) => {
        const { status } = asBudget(draft)
        if (status !== undefined)
          draft.status = { ...status, disruptionsAllowed: Math.max(0, status.disruptionsAllowed - 1) }
      })
    const grace = objectOr(deleteOptions).gracePeriodSeconds
    deleteObject(store, clock, target.type.storeName, pod, {
      ...(typeof grace === 'number' && { graceSeconds: grace }),
    })
  }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
}
