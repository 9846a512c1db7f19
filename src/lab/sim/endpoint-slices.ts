import { isPodFinished, isPodReady, isPodTerminating } from './pod-state.ts'
import { hasLabels } from './selector.ts'
import type { Endpoint, EndpointPort, Pod, Service } from './types.ts'

/* What the EndpointSlices of a Service should say. Pure; after staging/src/k8s.io/endpointslice and KEP-1669. */

/** kube-controller-manager, --max-endpoints-per-slice. */
export const MAX_ENDPOINTS_PER_SLICE = 100

/** Published: has an address and has not ended. Pods that are not ready are published too, as not ready. */
export const isPublished = (pod: Pod): boolean => (pod.status?.podIP ?? '') !== '' && !isPodFinished(pod)

/**
 * KEP-1669: `serving` is the pod's Ready condition, `terminating` its deletionTimestamp, and `ready` is
 * serving and not terminating (or the Service asks for all addresses).
 */
export const endpointOf = (service: Service, pod: Pod): Endpoint => {
  const serving = isPodReady(pod)
  const terminating = isPodTerminating(pod)
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    targetRef: {
      kind: 'Pod',
      namespace: pod.metadata.namespace ?? '',
      name: pod.metadata.name,
      uid: pod.metadata.uid ?? '',
    },
  }
}

/** The pod's number for a Service port: a number as it is, a name by the pod's own port of that name. */
const targetPort = (
  pod: Pod,
  wanted: string | number | undefined,
  port: number,
  protocol: string,
): number | null => {
  if (wanted === undefined) return port
  if (typeof wanted === 'number') return wanted
  for (const container of pod.spec.containers) {
    const found = container.ports?.find(
      (candidate) => candidate.name === wanted && (candidate.protocol ?? 'TCP') === protocol,
    )
    if (found !== undefined) return found.containerPort
  }
  return null
}

/** The ports of the Service as this pod serves them; a name that the pod does not know is left out. */
export const portsOf = (service: Service, pod: Pod): readonly EndpointPort[] =>
  (service.spec.ports ?? []).flatMap(({ name = '', protocol = 'TCP', port, targetPort: wanted }) => {
    const number = targetPort(pod, wanted, port, protocol)
    return number === null ? [] : [{ name, port: number, protocol }]
  })

export interface SliceContent {
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

/**
 * The endpoints of a Service, grouped by their ports, at most 100 to a slice. `known` gives the pods' uids in the
 * order in which the slices list them now: those stay where they are, new ones come after.
 */
export const desiredSlices = (
  service: Service,
  pods: readonly Pod[],
  known: readonly string[],
): readonly SliceContent[] => {
  const position = new Map(known.map((uid, index) => [uid, index]))
  const at = (pod: Pod): number => position.get(pod.metadata.uid ?? '') ?? known.length
  const published = pods
    .filter((pod) => hasLabels(pod.metadata.labels, service.spec.selector ?? {}) && isPublished(pod))
    .sort((a, b) => at(a) - at(b))
  const groups = new Map<string, { ports: readonly EndpointPort[]; endpoints: Endpoint[] }>()
  for (const pod of published) {
    const ports = portsOf(service, pod)
    const group = groups.get(JSON.stringify(ports)) ?? { ports, endpoints: [] }
    groups.set(JSON.stringify(ports), group)
    group.endpoints.push(endpointOf(service, pod))
  }
  if (groups.size === 0) return [{ ports: [], endpoints: [] }]
  return [...groups.values()].flatMap(({ ports, endpoints }) =>
    Array.from({ length: Math.ceil(endpoints.length / MAX_ENDPOINTS_PER_SLICE) }, (_, index) => ({
      ports,
      endpoints: endpoints.slice(index * MAX_ENDPOINTS_PER_SLICE, (index + 1) * MAX_ENDPOINTS_PER_SLICE),
    })),
  )
}
