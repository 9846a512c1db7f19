import { pointerOf, stepsOf } from '../kernel/json-pointer.ts'
import type { VariantKind } from './variant.ts'

/** What a variant may change in each kind; `*` is any one key. What is not below one of these is never touched. */
const ALLOWED: Readonly<Record<VariantKind, readonly string[]>> = {
  Deployment: [
    '/spec/strategy',
    '/spec/minReadySeconds',
    '/spec/progressDeadlineSeconds',
    '/spec/template/spec',
    '/spec/template/metadata/annotations/*',
    '/metadata/annotations/*',
  ],
  Service: [
    '/spec/externalTrafficPolicy',
    '/spec/internalTrafficPolicy',
    '/spec/trafficDistribution',
    '/spec/publishNotReadyAddresses',
    '/spec/sessionAffinity',
    '/spec/sessionAffinityConfig',
    '/spec/ports',
    '/metadata/annotations/*',
  ],
  Ingress: ['/spec', '/metadata/annotations/*'],
  PodDisruptionBudget: [
    '/spec/minAvailable',
    '/spec/maxUnavailable',
    '/spec/unhealthyPodEvictionPolicy',
    '/metadata/annotations/*',
  ],
  HorizontalPodAutoscaler: [],
}

/** Annotations that others keep their own state in. */
const OF_OTHERS =
  /^(([-\w.]+\.)?(argoproj\.io|fluxcd\.io|weave\.works|cattle\.io)|kubectl\.kubernetes\.io|deployment\.kubernetes\.io|meta\.helm\.sh|rollproof\.dev|(autoscaling|control-plane)\.alpha\.kubernetes\.io)\//

const isBelow = (steps: readonly string[], root: readonly string[]): boolean =>
  steps.length >= root.length && root.every((step, at) => step === '*' || step === steps[at])

/** Where the number of replicas of a Deployment stands. */
export const REPLICAS_PATH = '/spec/replicas'

/** What the choreography that scales down changes, and nothing else does. */
const SCALING: Readonly<Partial<Record<VariantKind, readonly string[]>>> = {
  Deployment: [REPLICAS_PATH],
  HorizontalPodAutoscaler: ['/spec/minReplicas', '/spec/maxReplicas'],
}

/**
 * Why no variant may change this path of an object (JSON pointer); `null` when it may. `mayScale`: the number of replicas of a
 * Deployment and the bounds of a HorizontalPodAutoscaler as well.
 */
export const refusedPath = (kind: VariantKind, path: string, mayScale = false): string | null => {
  if (mayScale && SCALING[kind]?.includes(path) === true) return null
  const steps = stepsOf(path)
  const isAllowed = ALLOWED[kind].some((root) => isBelow(steps, stepsOf(root)))
  const at = steps.indexOf('annotations')
  const key = at >= 0 && steps[at - 1] === 'metadata' ? steps[at + 1] : undefined
  if (isAllowed) {
    return key !== undefined && OF_OTHERS.test(key) ? `annotation ${key} belongs to another program` : null
  }
  if (steps[1] === 'replicas') return 'the number of replicas is never changed'
  if (steps.includes('labels')) return 'labels are never changed'
  if (steps.includes('selector')) return 'selectors are never changed'
  if (ALLOWED[kind].length === 0) return `no variant may change a ${kind}`
  return `a variant of a ${kind} may change ${ALLOWED[kind].map((root) => pointerOf(stepsOf(root))).join(', ')}`
}
