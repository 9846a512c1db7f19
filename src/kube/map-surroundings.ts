import type {
  AutoscalerSpec,
  BudgetSpec,
  ContainerSpec,
  Fencepost,
  IngressSpec,
  ServiceSpec,
  WorkloadSpec,
} from '../model/surroundings.ts'
import { fencepostsOf } from './map-deployment.ts'
import { intOrTextAt, probeOf } from './map-probe.ts'
import { settingsOf } from './map-settings.ts'
import { arrayAt, flagAt, isObject, numberAt, objectAt, textAt, textsAt, wordsAt } from './parse.ts'

/** Environment variables that may say how long an app takes to end or keeps a connection; all others may be secrets. */
const TIMING_NAME = /TIMEOUT|DELAY|KEEP_?ALIVE|GRACE|DRAIN/i
const TIMING_VALUE = /^\d+(\.\d+)?\s*[a-z]{0,2}$/i

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

type Texts = Readonly<Partial<Record<string, string>>>

const timingsOf = (container: unknown): Texts => {
  const given = arrayAt(container, 'env').flatMap((entry) => {
    const name = textAt(entry, 'name')
    const value = textAt(entry, 'value')
    return name !== null && value !== null && TIMING_NAME.test(name) && TIMING_VALUE.test(value)
      ? [[name, value] as const]
      : []
  })
  return Object.fromEntries(given)
}

const containerOf = (container: unknown, podSpec: unknown): ContainerSpec => {
  const alone = { ...(isObject(podSpec) ? podSpec : {}), containers: [container] }
  const { preStop, shellIsPid1 } = settingsOf(alone)
  return {
    name: textAt(container, 'name') ?? '',
    image: textAt(container, 'image') ?? '',
    command: wordsAt(container, 'command'),
    args: wordsAt(container, 'args'),
    ports: arrayAt(container, 'ports').flatMap((port) => {
      const containerPort = numberAt(port, 'containerPort')
      return containerPort === null ? [] : [{ name: textAt(port, 'name'), containerPort }]
    }),
    timings: timingsOf(container),
    preStop,
    shellIsPid1,
    readinessProbe: probeOf(container, 'readinessProbe'),
    livenessProbe: probeOf(container, 'livenessProbe'),
    startupProbe: probeOf(container, 'startupProbe'),
  }
}

/** A Deployment (apps/v1) as predictions read it. Every field may be missing. */
export const workloadSpecOf = (object: unknown): WorkloadSpec => {
  const metadata = objectAt(object, 'metadata')
  const spec = objectAt(object, 'spec')
  const template = objectAt(spec, 'template')
  const templateMeta = objectAt(template, 'metadata')
  const templateAnnotations: Texts = textsAt(templateMeta, 'annotations')
  const podSpec = objectAt(template, 'spec')
  const replicas = numberAt(spec, 'replicas') ?? 1
  const strategy = objectAt(spec, 'strategy')
  const rollingUpdate = objectAt(strategy, 'rollingUpdate')
  const { maxSurge, maxUnavailable } = fencepostsOf(rollingUpdate, replicas)
  const fencepost = (key: string, pods: number): Fencepost => ({
    given: intOrTextAt(rollingUpdate, key),
    pods,
  })
  const containers = arrayAt(podSpec, 'containers').map((container) => containerOf(container, podSpec))
  const named = containers.find(({ name }) => name === templateAnnotations[DEFAULT_CONTAINER])
  return {
    namespace: textAt(metadata, 'namespace') ?? 'default',
    name: textAt(metadata, 'name') ?? '',
    replicas,
    strategy: strategy.type === 'Recreate' ? 'Recreate' : 'RollingUpdate',
    maxSurge: fencepost('maxSurge', maxSurge),
    maxUnavailable: fencepost('maxUnavailable', maxUnavailable),
    gracePeriodSeconds: settingsOf(podSpec).gracePeriodSeconds,
    labels: textsAt(metadata, 'labels'),
    annotations: textsAt(metadata, 'annotations'),
    templateLabels: textsAt(templateMeta, 'labels'),
    templateAnnotations,
    readinessGates: settingsOf(podSpec).readinessGates,
    containers,
    main: named ?? containers[0] ?? containerOf({}, podSpec),
  }
}

/** Whether a label selector (meta/v1 LabelSelector; an empty one selects all) selects these labels. */
export const selectsLabels = (selector: unknown, labels: Texts): boolean =>
  Object.entries(textsAt(selector, 'matchLabels')).every(([key, value]) => labels[key] === value) &&
  arrayAt(selector, 'matchExpressions').every((expression) => {
    const value = labels[textAt(expression, 'key') ?? '']
    const values = wordsAt(expression, 'values')
    switch (textAt(expression, 'operator')) {
      case 'In':
        return value !== undefined && values.includes(value)
      case 'NotIn':
        return value === undefined || !values.includes(value)
      case 'Exists':
        return value !== undefined
      case 'DoesNotExist':
        return value === undefined
      default:
        return false
    }
  })

/** A Service (core/v1), if it selects pods with these labels. */
export const serviceSpecOf = (object: unknown, podLabels: Texts): ServiceSpec | null => {
  const metadata = objectAt(object, 'metadata')
  const spec = objectAt(object, 'spec')
  const selector = Object.entries(textsAt(spec, 'selector'))
  if (selector.length === 0 || !selector.every(([key, value]) => podLabels[key] === value)) return null
  return {
    name: textAt(metadata, 'name') ?? '',
    type: textAt(spec, 'type') ?? 'ClusterIP',
    annotations: textsAt(metadata, 'annotations'),
    externalTrafficPolicy: textAt(spec, 'externalTrafficPolicy'),
    publishNotReadyAddresses: flagAt(spec, 'publishNotReadyAddresses') ?? false,
    targetPorts: arrayAt(spec, 'ports').flatMap(
      (port) => intOrTextAt(port, 'targetPort') ?? intOrTextAt(port, 'port') ?? [],
    ),
  }
}

/** An Ingress (networking.k8s.io/v1), if it leads to one of these Services. */
export const ingressSpecOf = (object: unknown, services: readonly string[]): IngressSpec | null => {
  const metadata = objectAt(object, 'metadata')
  const spec = objectAt(object, 'spec')
  const backends = [
    spec.defaultBackend,
    ...arrayAt(spec, 'rules').flatMap((rule) =>
      arrayAt(objectAt(rule, 'http'), 'paths').map((path) => objectAt(path, 'backend')),
    ),
  ]
  const named = backends.flatMap((backend) => textAt(objectAt(backend, 'service'), 'name') ?? [])
  if (!named.some((name) => services.includes(name))) return null
  const annotations: Texts = textsAt(metadata, 'annotations')
  return {
    name: textAt(metadata, 'name') ?? '',
    className: textAt(spec, 'ingressClassName') ?? annotations['kubernetes.io/ingress.class'] ?? null,
    annotations,
    services: [...new Set(named)],
  }
}

const appliedVersionOf = (metadata: unknown): string | null => {
  const text = textsAt(metadata, 'annotations')[LAST_APPLIED]
  if (text === undefined) return null
  try {
    return textAt(JSON.parse(text), 'apiVersion')
  } catch {
    return null
  }
}

/** A PodDisruptionBudget (policy/v1), if it selects the pods of this workload or bears its name. */
export const budgetSpecOf = (object: unknown, workload: WorkloadSpec): BudgetSpec | null => {
  const metadata = objectAt(object, 'metadata')
  const spec = objectAt(object, 'spec')
  const name = textAt(metadata, 'name') ?? ''
  const selectsPods = isObject(spec.selector) && selectsLabels(spec.selector, workload.templateLabels)
  if (!selectsPods && name !== workload.name) return null
  return {
    name,
    selectsPods,
    minAvailable: intOrTextAt(spec, 'minAvailable'),
    maxUnavailable: intOrTextAt(spec, 'maxUnavailable'),
    appliedVersion: appliedVersionOf(metadata),
  }
}

/** A HorizontalPodAutoscaler (autoscaling/v2), if it scales this workload. */
export const autoscalerSpecOf = (object: unknown, workload: WorkloadSpec): AutoscalerSpec | null => {
  const spec = objectAt(object, 'spec')
  const scaled = objectAt(spec, 'scaleTargetRef')
  if (scaled.kind !== 'Deployment' || scaled.name !== workload.name) return null
  return {
    name: textAt(objectAt(object, 'metadata'), 'name') ?? '',
    minReplicas: numberAt(spec, 'minReplicas') ?? 1,
    maxReplicas: numberAt(spec, 'maxReplicas') ?? 1,
  }
}
