import { HarnessError, messageOf } from '../../kernel/errors.ts'
import { valueAt } from '../../kernel/json-pointer.ts'
import type { ClusterReader, ObjectStore } from '../../kube/ports.ts'
import type { DeploymentSnapshot } from '../../model/cluster.ts'
import type { RolloutPlan } from '../../model/scenario.ts'
import type { VariantPatch } from '../../model/variant.ts'
import { journalOf } from '../journal/subject.ts'
import { scaleTarget } from './scale-down.ts'

/** The patch that leaves a HorizontalPodAutoscaler no other number than this one, whatever its metrics say. */
export const autoscalerBounds = (name: string, replicas: number): VariantPatch => ({
  object: { kind: 'HorizontalPodAutoscaler', name },
  type: 'strategic',
  body: { spec: { minReplicas: replicas, maxReplicas: replicas } },
})

const refused = (why: string, hint: string, cause?: unknown): HarnessError =>
  new HarnessError('DEPLOYMENT_REFUSED', `${why}; nothing was changed`, {
    hint,
    ...(cause === undefined ? {} : { cause }),
  })

const numberAt = (object: unknown, path: string, otherwise: number): number => {
  const value = valueAt(object, path)?.value
  return typeof value === 'number' ? value : otherwise
}

/** Why it cannot scale, in the controller's own words (condition AbleToScale); `null` = it can, or has not said yet. */
const unableBecause = (object: unknown): string | null => {
  const conditions = valueAt(object, '/status/conditions')?.value
  const found = (Array.isArray(conditions) ? conditions : []).find(
    (condition: unknown) =>
      valueAt(condition, '/type')?.value === 'AbleToScale' &&
      valueAt(condition, '/status')?.value === 'False',
  )
  return found === undefined ? null : String(valueAt(found, '/message')?.value ?? 'no reason given')
}

/** Those that do scale the Deployment, for a hint; silent where they may not be listed. */
const candidates = async (reader: ClusterReader, { namespace, name }: DeploymentSnapshot) => {
  try {
    const names = await reader.listAutoscalersOf(namespace, name)
    return names.length === 0 ? 'none does in this namespace' : `one that does: ${names.join(', ')}`
  } catch {
    return `kubectl -n ${namespace} get horizontalpodautoscalers shows which one does`
  }
}

/**
 * That the autoscaler of the plan is there, scales this Deployment, and may be given other bounds (a dry run); nothing for a
 * plan without one. Throws DEPLOYMENT_REFUSED when it is not so, and the KUBE_ codes.
 */
export const checkAutoscaler = async (
  { choreography, autoscaler, scaleTo }: RolloutPlan,
  deployment: DeploymentSnapshot,
  { objects, reader }: { readonly objects: ObjectStore; readonly reader: ClusterReader },
  signal?: AbortSignal,
): Promise<void> => {
  if (choreography !== 'scale-down' || autoscaler === undefined) return
  const { namespace, name, replicas } = deployment
  const call = signal === undefined ? {} : { signal }
  const ref = { kind: 'HorizontalPodAutoscaler', namespace, name: autoscaler } as const
  const object = await objects.read(ref, call)
  const target = (key: string): unknown => valueAt(object, `/spec/scaleTargetRef/${key}`)?.value
  if (object === null || target('kind') !== 'Deployment' || target('name') !== name) {
    const what = object === null ? 'does not exist' : `scales ${target('kind')} ${target('name')}`
    throw refused(
      `horizontalpodautoscaler ${namespace}/${autoscaler}, which is to scale ${name} down, ${what}`,
      `rollout.autoscaler names the one that scales ${name}; ${await candidates(reader, deployment)}`,
    )
  }
  if (journalOf(object) !== null) {
    throw refused(
      `horizontalpodautoscaler ${namespace}/${autoscaler} bears the journal of a variant that was not taken back`,
      `put it back first: rollproof restore --deployment ${namespace}/${name}`,
    )
  }
  const unable = unableBecause(object)
  if (unable !== null) {
    throw refused(
      `horizontalpodautoscaler ${namespace}/${autoscaler} cannot scale: ${unable}`,
      'mend what it says, wait until it can, then run again',
    )
  }
  const [least, most] = [numberAt(object, '/spec/minReplicas', 1), numberAt(object, '/spec/maxReplicas', 1)]
  if (replicas < least || replicas > most) {
    throw refused(
      `deployment ${namespace}/${name} has ${replicas} replicas, and horizontalpodautoscaler ${autoscaler} is about to make that at least ${least} and at most ${most}`,
      'wait until it has, then run again',
    )
  }
  const to = scaleTarget(replicas, scaleTo)
  if (to === null) {
    throw refused(
      `deployment ${namespace}/${name} has ${replicas} replicas, and is to be scaled down to ${scaleTo ?? 'half of them'}`,
      'give rollout.scaleTo a number from 1 that is lower',
    )
  }
  try {
    await objects.tryPatch(ref, autoscalerBounds(autoscaler, to), call)
  } catch (cause) {
    if (!(cause instanceof HarnessError)) throw cause
    throw new HarnessError(
      cause.code,
      `horizontalpodautoscaler ${namespace}/${autoscaler} could not be given other bounds: ${messageOf(cause)}; nothing was changed`,
      { cause, ...(cause.hint === null ? {} : { hint: cause.hint }) },
    )
  }
}
