import { conditionOf } from '../sim/pod-state.ts'
import { formatSelector } from '../sim/selector.ts'
import type { KubeObject } from '../sim/store.ts'
import { fromKubeTime } from '../sim/timestamp.ts'
import {
  asAutoscaler,
  asBudget,
  asDeployment,
  asEndpointSlice,
  asNode,
  asPod,
  asReplicaSet,
  asService,
  type Container,
  type PodTemplate,
} from '../sim/types.ts'
import { humanDuration } from './age.ts'
import { isObject, objectOr } from './json-value.ts'
import { podGatesText, podReadyText, podRestartsText, podStatusText } from './pod-columns.ts'

/** One column of what `kubectl get` prints; `wide` ones only with `-o wide` (pkg/printers/internalversion). */
export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer'
  readonly wide: boolean
  readonly cell: (object: KubeObject, nowEpochMs: number) => string | number
}

const NONE = '<none>'

const text = (name: string, cell: Column['cell']): Column => ({ name, type: 'string', wide: false, cell })
const count = (name: string, cell: Column['cell']): Column => ({ name, type: 'integer', wide: false, cell })
const wide = (column: Column): Column => ({ ...column, wide: true })

export const ageOf = (stamp: unknown, nowEpochMs: number): string => {
  const sinceMs = fromKubeTime(stamp)
  return sinceMs === null ? '<unknown>' : humanDuration(nowEpochMs - sinceMs)
}

const NAME = text('Name', ({ metadata }) => metadata.name)
const AGE = text('Age', ({ metadata }, nowMs) => ageOf(metadata.creationTimestamp, nowMs))

const templateColumns = (templateOf: (object: KubeObject) => PodTemplate): readonly Column[] => {
  const of = (field: (container: Container) => string | undefined) => (object: KubeObject) =>
    templateOf(object)
      .spec.containers.map((container) => field(container) ?? '')
      .join(',')
  return [
    wide(
      text(
        'Containers',
        of(({ name }) => name),
      ),
    ),
    wide(
      text(
        'Images',
        of(({ image }) => image),
      ),
    ),
  ]
}

const PODS: readonly Column[] = [
  NAME,
  text('Ready', (object) => podReadyText(asPod(object))),
  text('Status', (object) => podStatusText(asPod(object))),
  text('Restarts', (object, nowMs) => podRestartsText(asPod(object), nowMs)),
  AGE,
  wide(text('IP', (object) => asPod(object).status?.podIP || NONE)),
  wide(text('Node', (object) => asPod(object).spec.nodeName || NONE)),
  wide(text('Nominated Node', (object) => asPod(object).status?.nominatedNodeName || NONE)),
  wide(text('Readiness Gates', (object) => podGatesText(asPod(object)))),
]

const DEPLOYMENTS: readonly Column[] = [
  NAME,
  text('Ready', (object) => {
    const { status, spec } = asDeployment(object)
    return `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`
  }),
  text('Up-to-date', (object) => asDeployment(object).status?.updatedReplicas ?? 0),
  text('Available', (object) => asDeployment(object).status?.availableReplicas ?? 0),
  AGE,
  ...templateColumns((object) => asDeployment(object).spec.template),
  wide(text('Selector', (object) => formatSelector(asDeployment(object).spec.selector))),
]

const REPLICA_SETS: readonly Column[] = [
  NAME,
  count('Desired', (object) => asReplicaSet(object).spec.replicas ?? 1),
  count('Current', (object) => asReplicaSet(object).status?.replicas ?? 0),
  count('Ready', (object) => asReplicaSet(object).status?.readyReplicas ?? 0),
  AGE,
  ...templateColumns((object) => asReplicaSet(object).spec.template),
  wide(text('Selector', (object) => formatSelector(asReplicaSet(object).spec.selector))),
]

const SERVICES: readonly Column[] = [
  NAME,
  text('Type', (object) => asService(object).spec.type ?? 'ClusterIP'),
  text('Cluster-IP', (object) => asService(object).spec.clusterIP || NONE),
  text('External-IP', (object) => {
    const { type, externalName, externalIPs = [] } = asService(object).spec
    if (type === 'ExternalName') return externalName ?? NONE
    return externalIPs.join(',') || (type === 'LoadBalancer' ? '<pending>' : NONE)
  }),
  text('Port(s)', (object) => {
    const ports = (asService(object).spec.ports ?? []).map(
      ({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`,
    )
    return ports.join(',') || NONE
  }),
  AGE,
  wide(
    text('Selector', (object) => {
      const { selector } = asService(object).spec
      return formatSelector(selector === undefined ? undefined : { matchLabels: selector })
    }),
  ),
]

/** The first three, and how many more (formatEndpointSlice…). */
const firstOf = (values: readonly string[]): string => {
  const shown = values.slice(0, 3).join(',')
  return values.length > 3 ? `${shown} + ${values.length - 3} more...` : shown || '<unset>'
}

const ENDPOINT_SLICES: readonly Column[] = [
  NAME,
  text('AddressType', (object) => asEndpointSlice(object).addressType),
  text('Ports', (object) => firstOf((asEndpointSlice(object).ports ?? []).map(({ port }) => String(port)))),
  text('Endpoints', (object) =>
    firstOf((asEndpointSlice(object).endpoints ?? []).flatMap(({ addresses }) => addresses)),
  ),
  AGE,
]

const involved = ({ involvedObject }: KubeObject) => objectOr(involvedObject)

const EVENTS: readonly Column[] = [
  text('Last Seen', ({ lastTimestamp, eventTime, metadata }, nowMs) =>
    ageOf(lastTimestamp ?? eventTime ?? metadata.creationTimestamp, nowMs),
  ),
  text('Type', ({ type }) => String(type ?? '')),
  text('Reason', ({ reason }) => String(reason ?? '')),
  text('Object', (object) => {
    const { kind, name } = involved(object)
    return `${String(kind).toLowerCase()}/${String(name)}`
  }),
  wide(text('Subobject', (object) => String(involved(object).fieldPath ?? ''))),
  wide(
    text('Source', ({ source }) => {
      const { component, host } = objectOr(source)
      return [component, host].filter((part) => part !== undefined).join(', ')
    }),
  ),
  text('Message', ({ message }) => String(message ?? '').trim()),
  wide(
    text('First Seen', ({ firstTimestamp, metadata }, nowMs) =>
      ageOf(firstTimestamp ?? metadata.creationTimestamp, nowMs),
    ),
  ),
  wide(text('Count', ({ count: times }) => Number(times ?? 1))),
  wide(NAME),
]

const addressOf = (object: KubeObject, type: string): string =>
  asNode(object).status?.addresses?.find((address) => address.type === type)?.address ?? NONE
const infoOf = (field: string) => (object: KubeObject) =>
  asNode(object).status?.nodeInfo?.[field] ?? '<unknown>'

const NODES: readonly Column[] = [
  NAME,
  text('Status', (object) => {
    const ready = conditionOf(asNode(object).status?.conditions, 'Ready')?.status === 'True'
    const cordoned = asNode(object).spec.unschedulable === true ? ',SchedulingDisabled' : ''
    return `${ready ? 'Ready' : 'NotReady'}${cordoned}`
  }),
  text('Roles', () => NONE),
  AGE,
  text('Version', infoOf('kubeletVersion')),
  wide(text('Internal-IP', (object) => addressOf(object, 'InternalIP'))),
  wide(text('External-IP', (object) => addressOf(object, 'ExternalIP'))),
  wide(text('OS-Image', infoOf('osImage'))),
  wide(text('Kernel-Version', infoOf('kernelVersion'))),
  wide(text('Container-Runtime', infoOf('containerRuntimeVersion'))),
]

const BUDGETS: readonly Column[] = [
  NAME,
  text('Min Available', (object) => asBudget(object).spec.minAvailable ?? 'N/A'),
  text('Max Unavailable', (object) => asBudget(object).spec.maxUnavailable ?? 'N/A'),
  count('Allowed Disruptions', (object) => asBudget(object).status?.disruptionsAllowed ?? 0),
  AGE,
]

const AUTOSCALERS: readonly Column[] = [
  NAME,
  text('Reference', (object) => {
    const { kind, name } = asAutoscaler(object).spec.scaleTargetRef
    return `${kind}/${name}`
  }),
  // The lab reads no metrics.
  text('Targets', () => '<unknown>'),
  count('MinPods', (object) => asAutoscaler(object).spec.minReplicas ?? 1),
  count('MaxPods', (object) => asAutoscaler(object).spec.maxReplicas),
  count('Replicas', (object) => asAutoscaler(object).status?.currentReplicas ?? 0),
  AGE,
]

const INGRESSES: readonly Column[] = [
  NAME,
  text('Class', ({ spec }) => String(objectOr(spec).ingressClassName ?? NONE)),
  text('Hosts', ({ spec }) => {
    const { rules } = objectOr(spec)
    const hosts = (Array.isArray(rules) ? rules : []).map((rule) => String(objectOr(rule).host ?? '*'))
    return hosts.join(',') || '*'
  }),
  text('Address', () => ''),
  text('Ports', ({ spec }) => (objectOr(spec).tls === undefined ? '80' : '80, 443')),
  AGE,
]

const LEASES: readonly Column[] = [
  NAME,
  text('Holder', ({ spec }) => String(objectOr(spec).holderIdentity ?? '')),
  AGE,
]

const NAMESPACES: readonly Column[] = [
  NAME,
  text('Status', ({ status }) => String(objectOr(status).phase ?? 'Active')),
  AGE,
]

const CONFIG_MAPS: readonly Column[] = [
  NAME,
  text('Data', ({ data }) => (isObject(data) ? Object.keys(data).length : 0)),
  AGE,
]

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  Pod: PODS,
  Deployment: DEPLOYMENTS,
  ReplicaSet: REPLICA_SETS,
  Service: SERVICES,
  EndpointSlice: ENDPOINT_SLICES,
  Event: EVENTS,
  Node: NODES,
  PodDisruptionBudget: BUDGETS,
  HorizontalPodAutoscaler: AUTOSCALERS,
  Ingress: INGRESSES,
  Lease: LEASES,
  Namespace: NAMESPACES,
  ConfigMap: CONFIG_MAPS,
}

export const columnsOf = (kind: string): readonly Column[] => COLUMNS[kind] ?? [NAME, AGE]
