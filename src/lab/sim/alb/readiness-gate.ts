import { createHash } from 'node:crypto'
import { INGRESSES, NAMESPACES, SERVICES } from '../resource-names.ts'
import { hasLabels } from '../selector.ts'
import type { KubeObject, Store } from '../store.ts'
import { asIngress, asPod, asService, type Ingress } from '../types.ts'
import { ALB_PREFIX, albSettings } from './settings.ts'

/** AWS Load Balancer Controller, "Pod readiness gate". */
export const GATE_PREFIX = 'target-health.elbv2.k8s.aws/'
/** Of controller v1, which v2 takes off new pods in a labelled namespace. */
const LEGACY_PREFIX = 'target-health.alb.ingress.k8s.aws'
export const INJECT_LABEL = 'elbv2.k8s.aws/pod-readiness-gate-inject'

/** Whether the controller makes a load balancer of it (its guide, "IngressClass"). */
export const isAlb = (ingress: Ingress): boolean => ingress.spec.ingressClassName === 'alb'

/** One Service behind an ALB: a target group, with the TargetGroupBinding that the controller makes for it. */
export interface TargetGroup {
  readonly binding: string
  readonly ingress: Ingress
  readonly namespace: string
  readonly service: string
  readonly targetType: 'ip' | 'instance'
}

/** `k8s-<namespace>-<service>-<hash>`, each name cut to 8: the form of the controller's names. */
const bindingName = (parts: readonly [namespace: string, service: string, ...rest: string[]]): string => {
  const short = (name: string): string => name.replaceAll(/[^a-zA-Z0-9]/g, '').slice(0, 8)
  const hash = createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 10)
  return `k8s-${short(parts[0])}-${short(parts[1])}-${hash}`
}

/** The target groups of all ALBs of a namespace, one for each Service of an Ingress. A Service's word on the type wins. */
export const targetGroups = (store: Store, namespace: string): readonly TargetGroup[] =>
  store
    .list(INGRESSES, namespace)
    .items.map(asIngress)
    .filter(isAlb)
    .flatMap((ingress) => {
      const services = new Set(
        (ingress.spec.rules ?? [])
          .flatMap(({ http }) => http?.paths ?? [])
          .map(({ backend }) => backend.service?.name)
          .filter((name) => name !== undefined),
      )
      return [...services].map((service): TargetGroup => {
        const key = `${ALB_PREFIX}target-type`
        const own = store.get(SERVICES, namespace, service)?.metadata.annotations?.[key]
        const annotations = { ...ingress.metadata.annotations, ...(own !== undefined && { [key]: own }) }
        const { targetType } = albSettings(annotations).settings
        const binding = bindingName([namespace, service, ingress.metadata.name, targetType])
        return { binding, ingress, namespace, service, targetType }
      })
    })

export const gateOf = ({ binding }: TargetGroup): string => `${GATE_PREFIX}${binding}`

/**
 * What the controller's webhook makes of a new pod: in a namespace with the label, a readiness gate for each target
 * group of type ip whose Service selects the pod; gates of controller v1 are taken off. Pods that are there already
 * are not touched, nor are pods of other namespaces (their hand-written gates stay as they are).
 */
export const withReadinessGates = (store: Store, pod: KubeObject): KubeObject => {
  const { namespace = '', labels } = pod.metadata
  const labelled = store.get(NAMESPACES, null, namespace)?.metadata.labels?.[INJECT_LABEL] === 'enabled'
  if (!labelled) return pod
  const wanted = targetGroups(store, namespace).filter(({ targetType, service }) => {
    const found = store.get(SERVICES, namespace, service)
    const selector = found === null ? undefined : asService(found).spec.selector
    return targetType === 'ip' && selector !== undefined && hasLabels(labels, selector)
  })
  const { spec } = asPod(pod)
  const before = spec.readinessGates ?? []
  const kept = before.filter(({ conditionType }) => !conditionType.startsWith(LEGACY_PREFIX))
  const added = wanted
    .map(gateOf)
    .filter((gate) => !kept.some(({ conditionType }) => conditionType === gate))
    .map((conditionType) => ({ conditionType }))
  if (added.length === 0 && kept.length === before.length) return pod
  return { ...pod, spec: { ...spec, readinessGates: [...kept, ...added] } }
}
