import type { DeploymentSnapshot, ReplicaSetSnapshot } from '../model/cluster.ts'
import type { EventDraft } from '../model/events.ts'

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

const change = (what: string, before: unknown, after: unknown): string[] =>
  before === after ? [] : [`${what} ${String(before ?? 'none')} → ${String(after ?? 'none')}`]

const annotationChanges = (before: DeploymentSnapshot, after: DeploymentSnapshot): string[] => {
  const names = new Set([
    ...Object.keys(before.templateAnnotations),
    ...Object.keys(after.templateAnnotations),
  ])
  return [...names]
    .sort((a, b) => (a < b ? -1 : 1))
    .flatMap((name) =>
      change(`annotation ${name}`, before.templateAnnotations[name], after.templateAnnotations[name]),
    )
}

const describe = (before: DeploymentSnapshot, after: DeploymentSnapshot): string => {
  const changes = [
    ...change('replicas', before.replicas, after.replicas),
    ...change('paused', before.paused, after.paused),
    ...change('images', before.images.join(' '), after.images.join(' ')),
    ...change('strategy', before.strategy, after.strategy),
    ...change('maxSurge', before.maxSurge, after.maxSurge),
    ...change('maxUnavailable', before.maxUnavailable, after.maxUnavailable),
    ...change('grace period', before.settings.gracePeriodSeconds, after.settings.gracePeriodSeconds),
    ...annotationChanges(before, after),
    ...(before.journal === after.journal
      ? []
      : [after.journal === undefined ? 'journal taken away' : 'journal written']),
  ]
  return changes.length > 0 ? changes.join(', ') : 'another part of its spec'
}

type Template = Pick<DeploymentSnapshot, 'images' | 'templateAnnotations'>

const restartedAtOf = ({ templateAnnotations }: Template): string | undefined =>
  templateAnnotations[RESTARTED_AT]

/** What our changes of a template differ in. */
export const templateKey = (template: Template): string =>
  JSON.stringify([restartedAtOf(template) ?? null, template.images])

/** Exactly one change of the spec, and it is a restart, a template or a number of replicas that we announced. */
const isOwn = (
  before: DeploymentSnapshot,
  after: DeploymentSnapshot,
  ownRestarts: ReadonlySet<string>,
  ownReplicas: ReadonlySet<number>,
  ownTemplates: ReadonlySet<string>,
): boolean => {
  const restartedAt = restartedAtOf(after)
  const isScaled = after.replicas !== before.replicas
  if (after.generation !== before.generation + 1) return false
  // A journal alone is a generation, too: the API server counts changed annotations of a Deployment.
  const isNew = templateKey(after) !== templateKey(before) || after.journal !== before.journal
  if (!isScaled && isNew && ownTemplates.has(templateKey(after))) return true
  if (isScaled) return ownReplicas.has(after.replicas) && restartedAt === restartedAtOf(before)
  return restartedAt !== undefined && restartedAt !== restartedAtOf(before) && ownRestarts.has(restartedAt)
}

/**
 * What happened to the Deployment between two looks: a moved generation is a changed spec. `foreign` unless it is
 * one step and a restart in `ownRestarts` (values of the restartedAt annotation), to a number in `ownReplicas`, or to a template in `ownTemplates` ({@link templateKey}). Changes of its status are no facts.
 */
export const diffDeployment = (
  before: DeploymentSnapshot | null,
  after: DeploymentSnapshot | null,
  ownRestarts: ReadonlySet<string>,
  ownReplicas: ReadonlySet<number> = new Set(),
  ownTemplates: ReadonlySet<string> = new Set(),
): EventDraft[] => {
  const shown = after ?? before
  if (shown === null) return []
  const fact = (foreign: boolean, detail: string): EventDraft[] => [
    {
      type: 'workload.changed',
      kind: 'Deployment',
      name: shown.name,
      uid: shown.uid,
      generation: after?.generation ?? null,
      foreign,
      detail,
    },
  ]
  if (after === null) return fact(true, 'deleted')
  if (before === null)
    return fact(false, `first seen: generation ${after.generation}, ${after.replicas} replicas`)
  if (after.generation === before.generation) return []
  return fact(!isOwn(before, after, ownRestarts, ownReplicas, ownTemplates), describe(before, after))
}

/** What happened to one ReplicaSet of the Deployment between two looks. */
export const diffReplicaSet = (
  before: ReplicaSetSnapshot | null,
  after: ReplicaSetSnapshot | null,
): EventDraft[] => {
  const shown = after ?? before
  if (shown === null) return []
  const fact = (detail: string): EventDraft[] => [
    {
      type: 'workload.changed',
      kind: 'ReplicaSet',
      name: shown.name,
      uid: shown.uid,
      generation: null,
      foreign: false,
      detail,
    },
  ]
  if (after === null) return fact('deleted')
  if (before === null)
    return fact(`first seen: revision ${after.revision ?? 'none'}, ${after.replicas} replicas`)
  const changes = [
    ...change('revision', before.revision, after.revision),
    ...change('replicas', before.replicas, after.replicas),
    ...change('ready', before.readyReplicas, after.readyReplicas),
    ...change('available', before.availableReplicas, after.availableReplicas),
  ]
  return changes.length === 0 ? [] : fact(changes.join(', '))
}
