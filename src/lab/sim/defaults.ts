import type { KubeObject } from './store.ts'

type JsonObject = { [key: string]: unknown }

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Sets what is missing; leaves what is there, `null` apart. */
const fill = (target: JsonObject, defaults: JsonObject): void => {
  for (const [key, value] of Object.entries(defaults)) target[key] ??= value
}

const objects = (value: unknown): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : []

const section = (target: JsonObject, key: string): JsonObject => {
  const value = target[key]
  if (isObject(value)) return value
  const created: JsonObject = {}
  target[key] = created
  return created
}

const defaultHandler = (handler: JsonObject): void => {
  if (isObject(handler.httpGet)) fill(handler.httpGet, { path: '/', scheme: 'HTTP' })
}

const defaultProbe = (probe: unknown): void => {
  if (!isObject(probe)) return
  defaultHandler(probe)
  fill(probe, { failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 })
}

const pullPolicy = (image: unknown): string => {
  const name = typeof image === 'string' ? image.slice(image.lastIndexOf('/') + 1) : ''
  if (name.includes('@')) return 'IfNotPresent'
  return !name.includes(':') || name.endsWith(':latest') ? 'Always' : 'IfNotPresent'
}

const defaultContainer = (container: JsonObject): void => {
  fill(container, {
    imagePullPolicy: pullPolicy(container.image),
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  })
  for (const port of objects(container.ports)) fill(port, { protocol: 'TCP' })
  for (const variable of objects(container.env)) {
    const from = section({ from: variable.valueFrom }, 'from')
    if (isObject(from.fieldRef)) fill(from.fieldRef, { apiVersion: 'v1' })
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(container[name])
  if (!isObject(container.lifecycle)) return
  for (const hook of Object.values(container.lifecycle)) if (isObject(hook)) defaultHandler(hook)
}

const defaultPodSpec = (spec: JsonObject): void => {
  fill(spec, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  })
  for (const container of [...objects(spec.containers), ...objects(spec.initContainers)])
    defaultContainer(container)
}

const defaultTemplate = (spec: JsonObject): void => {
  if (isObject(spec.template)) defaultPodSpec(section(spec.template, 'spec'))
}

const defaultDeployment = (spec: JsonObject): void => {
  fill(spec, { progressDeadlineSeconds: 600, replicas: 1, revisionHistoryLimit: 10 })
  const strategy = section(spec, 'strategy')
  fill(strategy, { type: 'RollingUpdate' })
  if (strategy.type === 'RollingUpdate')
    fill(section(strategy, 'rollingUpdate'), { maxSurge: '25%', maxUnavailable: '25%' })
  // A zero is left out (`omitempty`).
  if (spec.minReadySeconds === 0) delete spec.minReadySeconds
  defaultTemplate(spec)
}

const defaultService = (spec: JsonObject): void => {
  fill(spec, { sessionAffinity: 'None', type: 'ClusterIP' })
  if (spec.type !== 'ExternalName')
    fill(spec, { internalTrafficPolicy: 'Cluster', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' })
  if (spec.publishNotReadyAddresses === false) delete spec.publishNotReadyAddresses
  for (const port of objects(spec.ports)) fill(port, { protocol: 'TCP', targetPort: port.port })
}

/** pkg/apis/autoscaling/v2/defaults.go. */
const defaultAutoscaler = (spec: JsonObject): void => {
  fill(spec, { minReplicas: 1 })
  if (objects(spec.metrics).length > 0) return
  const target = { type: 'Utilization', averageUtilization: 80 }
  spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }]
}

const DEFAULTS: Readonly<Record<string, (spec: JsonObject) => void>> = {
  Deployment: defaultDeployment,
  ReplicaSet: (spec) => {
    fill(spec, { replicas: 1 })
    defaultTemplate(spec)
  },
  Pod: (spec) => {
    defaultPodSpec(spec)
    fill(spec, { enableServiceLinks: true })
  },
  Service: defaultService,
  HorizontalPodAutoscaler: defaultAutoscaler,
}

/** An empty map of labels or annotations is one that is not there (`omitempty`, apimachinery, meta/v1/types.go). */
const dropEmptyMaps = (metadata: unknown): void => {
  if (!isObject(metadata)) return
  for (const key of ['annotations', 'labels']) {
    const map = metadata[key]
    if (map === null || (isObject(map) && Object.keys(map).length === 0)) delete metadata[key]
  }
}

/** The object with the API's defaults for what its writer left out (pkg/apis/…/defaults.go). A copy. */
export const withDefaults = (object: KubeObject): KubeObject => {
  const copy: KubeObject = structuredClone(object)
  const apply = DEFAULTS[copy.kind]
  if (apply !== undefined && isObject(copy.spec)) apply(copy.spec)
  dropEmptyMaps(copy.metadata)
  if (isObject(copy.spec) && isObject(copy.spec.template)) dropEmptyMaps(copy.spec.template.metadata)
  if (copy.kind === 'Namespace') {
    copy.spec ??= { finalizers: ['kubernetes'] }
    copy.status ??= { phase: 'Active' }
    copy.metadata.labels = { ...copy.metadata.labels, 'kubernetes.io/metadata.name': copy.metadata.name }
  }
  return copy
}
