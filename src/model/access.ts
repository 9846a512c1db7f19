import type { Choreography } from './choreography.ts'
import { leaseNameOf } from './lease.ts'
import type { VariantKind, VariantObject } from './variant.ts'

/** One thing that a run asks of the cluster's authorizer, in the namespace of the Deployment. */
export interface AccessNeed {
  readonly verb: 'get' | 'list' | 'watch' | 'patch' | 'create' | 'update'
  readonly group:
    | ''
    | 'apps'
    | 'discovery.k8s.io'
    | 'coordination.k8s.io'
    | 'autoscaling'
    | 'networking.k8s.io'
    | 'policy'
  readonly resource: string
  readonly subresource?: string
  /** Of this one object only; none = all of the namespace. */
  readonly name?: string
  /** What a run does without when it may not: a sentence. `null` = it is refused. */
  readonly without: string | null
}

type Verb = AccessNeed['verb']

const needs = (
  group: AccessNeed['group'],
  resource: string,
  verbs: readonly Verb[],
  more: { readonly name?: string; readonly without?: string } = {},
): readonly AccessNeed[] =>
  verbs.map((verb) => ({
    verb,
    group,
    resource,
    ...(more.name === undefined ? {} : { name: more.name }),
    without: more.without ?? null,
  }))

const RESOURCES: Readonly<Record<VariantKind, readonly [AccessNeed['group'], string]>> = {
  Deployment: ['apps', 'deployments'],
  Service: ['', 'services'],
  Ingress: ['networking.k8s.io', 'ingresses'],
  PodDisruptionBudget: ['policy', 'poddisruptionbudgets'],
  HorizontalPodAutoscaler: ['autoscaling', 'horizontalpodautoscalers'],
}

/** Each object by its name, once. The Deployment itself may be patched anyway. */
const variantNeeds = (variants: readonly VariantObject[]): readonly AccessNeed[] => {
  const others = variants.filter(({ kind }) => kind !== 'Deployment')
  const byName = new Map(others.map((object) => [`${object.kind}/${object.name}`, object]))
  return [...byName.values()].flatMap(({ kind, name }) => {
    const [group, resource] = RESOURCES[kind]
    return needs(group, resource, ['get', 'patch'], { name })
  })
}

/**
 * All that a run of this Deployment needs, and all that `rollproof rbac` grants. Lists and watches of Deployments are by
 * `metadata.name`, which the API server authorizes as that one object. A `create` has no name to grant. `variants`: the other
 * objects that its variants change.
 */
export const accessNeeds = (
  deployment: string,
  variants: readonly VariantObject[] = [],
  choreography: Choreography = 'restart',
): readonly AccessNeed[] => [
  ...needs('apps', 'deployments', ['get', 'list', 'watch', 'patch'], { name: deployment }),
  ...needs('apps', 'replicasets', ['list', 'watch']),
  ...needs('', 'pods', ['list', 'watch']),
  ...needs('discovery.k8s.io', 'endpointslices', ['list', 'watch']),
  ...needs('coordination.k8s.io', 'leases', ['get', 'update'], { name: leaseNameOf(deployment) }),
  ...needs('coordination.k8s.io', 'leases', ['create']),
  ...variantNeeds(variants),
  ...(choreography === 'node-drain'
    ? [{ verb: 'create', group: '', resource: 'pods', subresource: 'eviction', without: null } as const]
    : []),
  ...needs('', 'events', ['list', 'watch'], {
    without: 'events may not be watched: their words will be missing as evidence',
  }),
  ...needs('', 'services', ['list'], {
    without: 'services may not be listed: all endpoints of the pods will be watched',
  }),
  ...needs('autoscaling', 'horizontalpodautoscalers', ['list'], {
    without: 'horizontalpodautoscalers may not be listed: one that scales the Deployment will not be named',
  }),
  ...needs('networking.k8s.io', 'ingresses', ['list'], {
    without: 'ingresses may not be listed: predictions that depend on them will be missing',
  }),
  ...needs('policy', 'poddisruptionbudgets', ['list'], {
    without: 'poddisruptionbudgets may not be listed: predictions that depend on them will be missing',
  }),
  // Of a Role this is the namespace that the Role is in, and no other.
  ...needs('', 'namespaces', ['get'], {
    without: 'namespaces may not be read: whether this one injects a readiness gate will not be predicted',
  }),
]
