import type { DeploymentSnapshot } from '../model/cluster.ts'
import { JOURNAL_ANNOTATION } from '../model/journal.ts'
import { conditionOf, type Meta, metaOf, revisionOf } from './map-objects.ts'
import { mainContainerOf, settingsOf } from './map-settings.ts'
import {
  arrayAt,
  flagAt,
  isObject,
  type Json,
  numberAt,
  objectAt,
  textAt,
  textsAt,
  wordsAt,
} from './parse.ts'

/** An int-or-percent of `replicas` pods; `null` when it is neither. */
const podsOf = (value: unknown, replicas: number, round: (pods: number) => number): number | null => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  const percent = typeof value === 'string' ? /^(\d+)%$/.exec(value) : null
  return percent === null ? null : round((replicas * Number(percent[1])) / 100)
}

/**
 * maxSurge and maxUnavailable in pods: surge rounded up, unavailable down, each 25 % when absent; when both come
 * to 0, one pod may be unavailable, else no rollout could move (kubernetes/kubernetes,
 * pkg/controller/deployment/util, ResolveFenceposts and MaxUnavailable).
 */
export const fencepostsOf = (
  rollingUpdate: unknown,
  replicas: number,
): { readonly maxSurge: number; readonly maxUnavailable: number } => {
  const given = isObject(rollingUpdate) ? rollingUpdate : {}
  const maxSurge = podsOf(given.maxSurge ?? '25%', replicas, Math.ceil) ?? 0
  const down = podsOf(given.maxUnavailable ?? '25%', replicas, Math.floor) ?? 0
  const maxUnavailable = maxSurge === 0 && down === 0 ? 1 : down
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) }
}

const OPERATORS: Readonly<Record<string, (key: string, values: string) => string>> = {
  In: (key, values) => `${key} in (${values})`,
  NotIn: (key, values) => `${key} notin (${values})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
}

/** A LabelSelector in its text form: `app=web,tier in (a,b)`. */
export const selectorText = (selector: unknown): string => {
  const labels = Object.entries(textsAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${value}`)
  const expressions = arrayAt(selector, 'matchExpressions').map((expression) => {
    const write = OPERATORS[textAt(expression, 'operator') ?? '']
    return write?.(textAt(expression, 'key') ?? '', wordsAt(expression, 'values').join(','))
  })
  return [...labels, ...expressions.filter((text) => text !== undefined)].join(',')
}

/** Who else may write this object, by the marks that they leave on it. */
const managersOf = ({ labels, annotations }: Meta): readonly string[] => {
  const marks: readonly (readonly [string, string | undefined])[] = [
    ['Argo CD', annotations['argocd.argoproj.io/tracking-id'] ?? labels['argocd.argoproj.io/instance']],
    ['Flux', labels['kustomize.toolkit.fluxcd.io/name'] ?? labels['helm.toolkit.fluxcd.io/name']],
    ['Helm', annotations['meta.helm.sh/release-name']],
  ]
  return marks.flatMap(([who, what]) => (what === undefined ? [] : [`${who} (${what})`]))
}

const statusOf = (status: Json): DeploymentSnapshot['status'] => ({
  replicas: numberAt(status, 'replicas') ?? 0,
  updatedReplicas: numberAt(status, 'updatedReplicas') ?? 0,
  readyReplicas: numberAt(status, 'readyReplicas') ?? 0,
  availableReplicas: numberAt(status, 'availableReplicas') ?? 0,
  unavailableReplicas: numberAt(status, 'unavailableReplicas') ?? 0,
})

/** Deployment (apps/v1). Throws KUBE_PROTOCOL when it has no identity. */
export const deploymentOf = (object: unknown): DeploymentSnapshot => {
  const meta = metaOf(object, 'Deployment')
  const spec = objectAt(object, 'spec')
  const status = objectAt(object, 'status')
  const template = objectAt(spec, 'template')
  const templateMeta = objectAt(template, 'metadata')
  const templateAnnotations = textsAt(templateMeta, 'annotations')
  const replicas = numberAt(spec, 'replicas') ?? 1
  const strategy = objectAt(spec, 'strategy')
  const recreates = strategy.type === 'Recreate'
  const fenceposts = recreates ? null : fencepostsOf(strategy.rollingUpdate, replicas)
  const progressing = conditionOf(status, 'Progressing')
  const failure = conditionOf(status, 'ReplicaFailure')
  const containers = arrayAt(objectAt(template, 'spec'), 'containers')
  const mainContainer = textAt(mainContainerOf(template.spec, templateAnnotations), 'name')
  return {
    namespace: meta.namespace,
    name: meta.name,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    generation: numberAt(meta.raw, 'generation') ?? 0,
    observedGeneration: numberAt(status, 'observedGeneration') ?? 0,
    replicas,
    paused: flagAt(spec, 'paused') ?? false,
    maxSurge: fenceposts?.maxSurge ?? null,
    maxUnavailable: fenceposts?.maxUnavailable ?? null,
    minReadySeconds: numberAt(spec, 'minReadySeconds') ?? 0,
    progressDeadlineSeconds: numberAt(spec, 'progressDeadlineSeconds') ?? 600,
    selector: textsAt(objectAt(spec, 'selector'), 'matchLabels'),
    templateAnnotations,
    settings: settingsOf(template.spec, templateAnnotations),
    ...(mainContainer === null ? {} : { mainContainer }),
    status: statusOf(status),
    revision: revisionOf(meta),
    progressing:
      progressing === null
        ? null
        : { status: progressing.status === 'True', reason: textAt(progressing, 'reason') ?? '' },
    replicaFailure:
      failure?.status === 'True' ? (textAt(failure, 'message') ?? textAt(failure, 'reason') ?? '') : null,
    strategy: recreates ? 'Recreate' : 'RollingUpdate',
    labelSelector: selectorText(spec.selector),
    templateLabels: textsAt(templateMeta, 'labels'),
    images: containers.map((container) => textAt(container, 'image')).filter((image) => image !== null),
    managedBy: managersOf(meta),
    ...(meta.annotations[JOURNAL_ANNOTATION] === undefined
      ? {}
      : { journal: meta.annotations[JOURNAL_ANNOTATION] }),
  }
}
