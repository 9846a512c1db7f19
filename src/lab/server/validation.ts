import { isDeepStrictEqual } from 'node:util'
import { resolveIntOrPercent } from '../sim/rounding.ts'
import { matchesSelector } from '../sim/selector.ts'
import type { KubeObject } from '../sim/store.ts'
import { asDeployment, asPod, asReplicaSet, type LabelSelector } from '../sim/types.ts'
import { invalid } from './api-error.ts'
import { FieldErrors } from './field-errors.ts'
import { isObject, type JsonObject, objectOr } from './json-value.ts'
import type { ResourceType } from './resource-types.ts'

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"

const checkMetadata = ({ kind, metadata }: KubeObject, errors: FieldErrors): void => {
  if (metadata.name === '') errors.required('metadata.name', 'name or generateName is required')
  else if (metadata.name.length > 253 || !SUBDOMAIN.test(metadata.name))
    errors.invalid('metadata.name', metadata.name, SUBDOMAIN_RULE)
  else if (
    (kind === 'Service' || kind === 'Namespace') &&
    !(LABEL.test(metadata.name) && metadata.name.length < 64)
  )
    errors.invalid('metadata.name', metadata.name, LABEL_RULE)
}

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep']

const checkHandler = (handler: JsonObject, path: string, errors: FieldErrors): void => {
  const given = HANDLERS.filter((name) => isObject(handler[name]))
  if (given.length === 0) errors.required(path, 'must specify a handler type')
  for (const name of given.slice(1))
    errors.forbidden(`${path}.${name}`, 'may not specify more than 1 handler type')
  if (isObject(handler.httpGet) && handler.httpGet.port === undefined)
    errors.invalid(`${path}.httpGet.port`, 0, 'must be between 1 and 65535, inclusive')
}

const checkProbe = (probe: unknown, path: string, liveness: boolean, errors: FieldErrors): void => {
  if (!isObject(probe)) return
  checkHandler(probe, path, errors)
  const numbers = [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]
  for (const field of numbers) errors.nonNegative(`${path}.${field}`, probe[field])
  if (liveness && probe.successThreshold !== 1)
    errors.invalid(`${path}.successThreshold`, probe.successThreshold, 'must be 1')
}

const checkLifecycle = (
  lifecycle: unknown,
  path: string,
  graceSeconds: number,
  errors: FieldErrors,
): void => {
  for (const [name, hook] of Object.entries(objectOr(lifecycle))) {
    if (!isObject(hook)) continue
    checkHandler(hook, `${path}.${name}`, errors)
    const seconds = objectOr(hook.sleep).seconds
    if (isObject(hook.sleep) && (typeof seconds !== 'number' || seconds < 0 || seconds > graceSeconds))
      errors.invalid(
        `${path}.${name}.sleep`,
        seconds ?? 0,
        `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`,
      )
  }
}

const checkContainer = (
  container: JsonObject,
  path: string,
  graceSeconds: number,
  errors: FieldErrors,
): void => {
  if (typeof container.name !== 'string' || container.name === '') errors.required(`${path}.name`)
  else if (!LABEL.test(container.name)) errors.invalid(`${path}.name`, container.name, LABEL_RULE)
  if (typeof container.image !== 'string' || container.image === '') errors.required(`${path}.image`)
  const ports = Array.isArray(container.ports) ? container.ports : []
  for (const [index, port] of ports.entries()) {
    const number = objectOr(port).containerPort
    if (typeof number !== 'number' || number < 1 || number > 65535)
      errors.invalid(
        `${path}.ports[${index}].containerPort`,
        number ?? 0,
        'must be between 1 and 65535, inclusive',
      )
  }
  checkLifecycle(container.lifecycle, `${path}.lifecycle`, graceSeconds, errors)
  checkProbe(container.livenessProbe, `${path}.livenessProbe`, true, errors)
  checkProbe(container.readinessProbe, `${path}.readinessProbe`, false, errors)
  checkProbe(container.startupProbe, `${path}.startupProbe`, true, errors)
}

const checkPodSpec = (spec: unknown, path: string, errors: FieldErrors): void => {
  const { containers, terminationGracePeriodSeconds } = objectOr(spec)
  const graceSeconds = typeof terminationGracePeriodSeconds === 'number' ? terminationGracePeriodSeconds : 30
  errors.nonNegative(`${path}.terminationGracePeriodSeconds`, graceSeconds)
  const list = Array.isArray(containers) ? containers : []
  if (list.length === 0) errors.required(`${path}.containers`)
  const names = new Set<unknown>()
  for (const [index, container] of list.entries()) {
    const at = `${path}.containers[${index}]`
    const { name } = objectOr(container)
    if (names.has(name)) errors.duplicate(`${at}.name`, name)
    names.add(name)
    checkContainer(objectOr(container), at, graceSeconds, errors)
  }
}

const checkTemplate = (object: KubeObject, errors: FieldErrors): void => {
  const spec = objectOr(object.spec)
  const template = objectOr(spec.template)
  const { labels } = asPod({ ...object, metadata: { name: '', ...objectOr(template.metadata) } }).metadata
  const selector = isObject(spec.selector) ? (spec.selector as LabelSelector) : undefined
  const empty = selector !== undefined && Object.keys(selector).length === 0
  if (selector === undefined) errors.required('spec.selector')
  if (empty) errors.invalid('spec.selector', selector, 'empty selector is invalid for deployment')
  if (!empty && !matchesSelector(selector, labels))
    errors.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')
  checkPodSpec(template.spec, 'spec.template.spec', errors)
}

const checkStrategy = (object: KubeObject, errors: FieldErrors): void => {
  const { strategy } = asDeployment(object).spec
  const at = 'spec.strategy'
  const types = ['Recreate', 'RollingUpdate']
  if (!types.includes(strategy?.type ?? '')) errors.unsupported(`${at}.type`, strategy?.type, types)
  const rolling = strategy?.rollingUpdate
  if (strategy?.type === 'Recreate' && rolling !== undefined)
    errors.forbidden(`${at}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")
  if (strategy?.type !== 'RollingUpdate') return
  for (const [name, value] of Object.entries(rolling ?? {})) {
    if (resolveIntOrPercent(value, 100, 'up') === null)
      errors.invalid(
        `${at}.rollingUpdate.${name}`,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      )
    errors.nonNegative(`${at}.rollingUpdate.${name}`, value)
  }
  const isZero = (value: string | number | undefined): boolean =>
    value !== undefined && resolveIntOrPercent(value, 100, 'up') === 0
  const { maxUnavailable } = rolling ?? {}
  if (isZero(maxUnavailable) && isZero(rolling?.maxSurge))
    errors.invalid(`${at}.rollingUpdate.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')
  if (typeof maxUnavailable === 'string' && (resolveIntOrPercent(maxUnavailable, 100, 'up') ?? 0) > 100)
    errors.invalid(`${at}.rollingUpdate.maxUnavailable`, maxUnavailable, 'must not be greater than 100%')
}

const checkDeployment = (object: KubeObject, errors: FieldErrors): void => {
  const { spec } = asDeployment(object)
  errors.nonNegative('spec.replicas', spec.replicas)
  checkTemplate(object, errors)
  checkStrategy(object, errors)
  errors.nonNegative('spec.minReadySeconds', spec.minReadySeconds)
  errors.nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit)
  const { progressDeadlineSeconds = 600, minReadySeconds = 0 } = spec
  if (progressDeadlineSeconds <= minReadySeconds)
    errors.invalid(
      'spec.progressDeadlineSeconds',
      progressDeadlineSeconds,
      'must be greater than minReadySeconds',
    )
}

const checkService = (object: KubeObject, errors: FieldErrors): void => {
  const spec = objectOr(object.spec)
  const ports = Array.isArray(spec.ports) ? spec.ports : []
  if (ports.length === 0 && spec.clusterIP !== 'None' && spec.type !== 'ExternalName')
    errors.required('spec.ports')
  for (const [index, port] of ports.entries()) {
    const { port: number, name } = objectOr(port)
    if (typeof number !== 'number' || number < 1 || number > 65535)
      errors.invalid(`spec.ports[${index}].port`, number ?? 0, 'must be between 1 and 65535, inclusive')
    if (ports.length > 1 && name === undefined) errors.required(`spec.ports[${index}].name`)
  }
}

const checkBudget = (object: KubeObject, errors: FieldErrors): void => {
  const { minAvailable, maxUnavailable } = objectOr(object.spec)
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    errors.invalid('spec', object.spec, 'minAvailable and maxUnavailable cannot be both set')
}

/** pkg/apis/autoscaling/validation. */
const checkAutoscaler = (object: KubeObject, errors: FieldErrors): void => {
  const { minReplicas, maxReplicas, scaleTargetRef } = objectOr(object.spec)
  const [least, most] = [minReplicas ?? 1, maxReplicas ?? 0].map(Number)
  if (least === undefined || most === undefined) return
  if (least < 1) errors.invalid('spec.minReplicas', least, 'must be greater than or equal to 1')
  if (most < 1) errors.invalid('spec.maxReplicas', most, 'must be greater than 0')
  else if (most < least)
    errors.invalid('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`')
  const { kind, name } = objectOr(scaleTargetRef)
  if (typeof kind !== 'string' || kind === '') errors.required('spec.scaleTargetRef.kind')
  if (typeof name !== 'string' || name === '') errors.required('spec.scaleTargetRef.name')
}

const CHECKS: Readonly<Record<string, (object: KubeObject, errors: FieldErrors) => void>> = {
  Deployment: checkDeployment,
  ReplicaSet: (object, errors) => {
    errors.nonNegative('spec.replicas', asReplicaSet(object).spec.replicas)
    checkTemplate(object, errors)
  },
  Pod: (object, errors) => checkPodSpec(object.spec, 'spec', errors),
  Service: checkService,
  PodDisruptionBudget: checkBudget,
  HorizontalPodAutoscaler: checkAutoscaler,
}

/** What a pod's spec may change after its creation is blanked out here (ValidatePodUpdate). */
const fixedPodSpec = (object: KubeObject): unknown => {
  const {
    activeDeadlineSeconds: _deadline,
    tolerations: _tolerations,
    containers,
    ...rest
  } = objectOr(object.spec)
  const list = Array.isArray(containers) ? containers : []
  return { ...rest, containers: list.map((container) => ({ ...objectOr(container), image: '' })) }
}

const checkChange = (previous: KubeObject, next: KubeObject, errors: FieldErrors): void => {
  const [before, after] = [objectOr(previous.spec), objectOr(next.spec)]
  if (
    (next.kind === 'Deployment' || next.kind === 'ReplicaSet') &&
    !isDeepStrictEqual(before.selector, after.selector)
  )
    errors.invalid('spec.selector', after.selector, 'field is immutable')
  if (next.kind === 'Pod' && !isDeepStrictEqual(fixedPodSpec(previous), fixedPodSpec(next)))
    errors.forbidden(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    )
  if (next.kind === 'Service' && before.clusterIP !== after.clusterIP && before.clusterIP !== undefined)
    errors.invalid('spec.clusterIPs[0]', [after.clusterIP], 'may not change once set')
}

/** Checks an object with its defaults in place, against what it was before if it is changed. Throws 422. */
export const validate = (type: ResourceType, object: KubeObject, previous: KubeObject | null): void => {
  const errors = new FieldErrors()
  checkMetadata(object, errors)
  CHECKS[object.kind]?.(object, errors)
  if (previous !== null) checkChange(previous, object, errors)
  if (errors.causes.length > 0) throw invalid(type.kind, type.group, object.metadata.name, errors.causes)
}
