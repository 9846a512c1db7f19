import { badRequest } from './api-error.ts'
import { isObject } from './json-value.ts'

/*
 * The Go types of the fields that the lab reads, by the end of their path. What a real server cannot decode is
 * refused here with the same answer: 400 and the Go decoder's words.
 */

type WireType = 'int32' | 'int64' | 'string' | 'bool' | 'object' | 'list' | 'map' | 'intstr' | 'number'

const FIELDS: Readonly<Record<string, WireType>> = {
  replicas: 'int32',
  minReplicas: 'int32',
  maxReplicas: 'int32',
  scaleTargetRef: 'object',
  minReadySeconds: 'int32',
  progressDeadlineSeconds: 'int32',
  revisionHistoryLimit: 'int32',
  paused: 'bool',
  selector: 'object',
  template: 'object',
  strategy: 'object',
  rollingUpdate: 'object',
  maxSurge: 'intstr',
  maxUnavailable: 'intstr',
  minAvailable: 'intstr',
  targetPort: 'intstr',
  matchLabels: 'map',
  labels: 'map',
  annotations: 'map',
  spec: 'object',
  containers: 'list',
  initContainers: 'list',
  ports: 'list',
  env: 'list',
  command: 'list',
  args: 'list',
  containerPort: 'int32',
  name: 'string',
  image: 'string',
  value: 'string',
  terminationGracePeriodSeconds: 'int64',
  lifecycle: 'object',
  preStop: 'object',
  sleep: 'object',
  httpGet: 'object',
  exec: 'object',
  // Kubernetes has whole seconds here; the lab takes fractions, so that its tests can be short.
  periodSeconds: 'number',
  initialDelaySeconds: 'number',
  timeoutSeconds: 'number',
  failureThreshold: 'int32',
  successThreshold: 'int32',
}

/** Not looked into: free-form parts whose keys may be called like anything. */
const OPAQUE = new Set(['labels', 'annotations', 'matchLabels', 'managedFields', 'data', 'status'])

const goKind = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

const fits = (type: WireType, value: unknown): boolean => {
  switch (type) {
    case 'int32':
    case 'int64':
      return Number.isInteger(value)
    case 'number':
      return typeof value === 'number'
    case 'string':
      return typeof value === 'string'
    case 'bool':
      return typeof value === 'boolean'
    case 'list':
      return Array.isArray(value)
    case 'intstr':
      return typeof value === 'string' || Number.isInteger(value)
    case 'map':
      return isObject(value) && Object.values(value).every((text) => typeof text === 'string')
    case 'object':
      return isObject(value)
  }
}

const GO_NAMES: Readonly<Partial<Record<WireType, string>>> = {
  list: '[]interface {}',
  map: 'map[string]string',
  object: 'struct',
  intstr: 'intstr.IntOrString',
  number: 'int32',
}

/** Throws BadRequest when a field of `kind` has a type that the API cannot read. */
export const checkWireTypes = (kind: string, version: string, value: unknown): void => {
  const visit = (node: unknown, path: readonly string[]): void => {
    if (Array.isArray(node)) {
      for (const item of node) visit(item, path)
      return
    }
    if (!isObject(node)) return
    for (const [key, child] of Object.entries(node)) {
      const type = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined
      if (type !== undefined && child !== null && !fits(type, child)) {
        const where = [...path, key].join('.')
        const message = `json: cannot unmarshal ${goKind(child)} into Go struct field ${kind}.${where} of type ${GO_NAMES[type] ?? type}`
        throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${message}`)
      }
      if (!OPAQUE.has(key)) visit(child, [...path, key])
    }
  }
  visit(value, [])
}
