import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../kernel/clock.ts'
import type { Random } from '../../kernel/random.ts'
import { withReadinessGates } from '../sim/alb/readiness-gate.ts'
import { withDefaults } from '../sim/defaults.ts'
import { type DeletionOptions, deleteObject, finishDeletion, type Propagation } from '../sim/deletion.ts'
import { admittedSpec, qosClassOf } from '../sim/pod-from-template.ts'
import { NAMESPACES } from '../sim/resource-names.ts'
import type { KubeObject, Store } from '../sim/store.ts'
import { StoreError } from '../sim/store-error.ts'
import { kubeTime } from '../sim/timestamp.ts'
import { asPod } from '../sim/types.ts'
import { ApiError, badRequest, conflict, invalid, notFound, unsupportedMediaType } from './api-error.ts'
import { withClusterIp } from './cluster-ips.ts'
import { jsonPatch } from './json-patch.ts'
import { isObject, objectOr } from './json-value.ts'
import { mergePatch } from './merge-patch.ts'
import { type ObjectPlace, parseObject } from './object-parser.ts'
import type { ResourceType } from './resource-types.ts'
import { strategicMergePatch } from './strategic-merge-patch.ts'
import { validate } from './validation.ts'

export interface WriteContext {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
}

/** Which object, and whether the write is only tried (`dryRun=All`). */
export interface WriteTarget extends ObjectPlace {
  readonly dryRun: boolean
}

export interface NamedTarget extends WriteTarget {
  readonly name: string
  /** Only the status, or all but the status. */
  readonly part: 'status' | 'object'
}

const current = ({ store }: WriteContext, { type, namespace, name }: NamedTarget): KubeObject => {
  const found = store.get(type.storeName, namespace, name)
  if (found === null) throw notFound(type, name)
  return found
}

const checkNamespace = (store: Store, namespace: string | null): void => {
  if (namespace === null) return
  const found = store.get(NAMESPACES, null, namespace)
  if (found === null)
    throw new ApiError(404, 'NotFound', `namespaces "${namespace}" not found`, {
      name: namespace,
      kind: 'namespaces',
    })
}

const admitted = (store: Store, object: KubeObject): KubeObject => {
  if (object.kind !== 'Pod') return object
  const pod = withReadinessGates(store, object)
  const { spec } = asPod(pod)
  return { ...pod, spec: admittedSpec(spec), status: { phase: 'Pending', qosClass: qosClassOf(spec) } }
}

const EMPTY_STATUS: Readonly<Record<string, unknown>> = {
  Deployment: {},
  ReplicaSet: { replicas: 0 },
  Service: { loadBalancer: {} },
  Ingress: { loadBalancer: {} },
}

/** Creates an object: defaults, admission, validation. Throws 400, 404 (namespace), 409 and 422. */
export const createObject = (context: WriteContext, target: WriteTarget, body: unknown): KubeObject => {
  const { store, clock, random } = context
  checkNamespace(store, target.namespace)
  const { status: _status, ...parsed } = parseObject(body, target, random)
  if (parsed.metadata.resourceVersion !== undefined)
    throw badRequest('resourceVersion should not be set on objects to be created')
  const { deletionTimestamp: _deleted, deletionGracePeriodSeconds: _grace, ...metadata } = parsed.metadata
  const empty = EMPTY_STATUS[parsed.kind]
  const fresh: KubeObject = { ...parsed, metadata, ...(empty !== undefined && { status: empty }) }
  const object = withClusterIp(store, admitted(store, withDefaults(fresh)))
  validate(target.type, object, null)
  const { name } = metadata
  if (!target.dryRun) return store.create(target.type.storeName, object)
  if (store.get(target.type.storeName, target.namespace, name) !== null)
    throw new StoreError(
      'AlreadyExists',
      target.type.storeName,
      name,
      `${target.type.storeName} "${name}" already exists`,
    )
  const creationTimestamp = kubeTime(clock.epochMs())
  return { ...object, metadata: { ...metadata, uid: '', creationTimestamp, generation: 1 } }
}

/** The identity of an object, which no update changes. */
const keptMetadata = ({ metadata }: KubeObject) => ({
  name: metadata.name,
  ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
  ...(metadata.uid !== undefined && { uid: metadata.uid }),
  ...(metadata.creationTimestamp !== undefined && { creationTimestamp: metadata.creationTimestamp }),
  ...(metadata.generateName !== undefined && { generateName: metadata.generateName }),
  ...(metadata.generation !== undefined && { generation: metadata.generation }),
  ...(metadata.deletionTimestamp !== undefined && { deletionTimestamp: metadata.deletionTimestamp }),
  ...(metadata.deletionGracePeriodSeconds !== undefined && {
    deletionGracePeriodSeconds: metadata.deletionGracePeriodSeconds,
  }),
})

/** Deployments count a change of their annotations as a new generation (registry/apps/deployment/strategy.go). */
const generationOf = (previous: KubeObject, next: KubeObject): number => {
  const { generation = 1, annotations = {} } = previous.metadata
  const changed = !isDeepStrictEqual(annotations, next.metadata.annotations ?? {})
  return previous.kind === 'Deployment' && changed ? generation + 1 : generation
}

const objectUpdate = (store: Store, previous: KubeObject, next: KubeObject): KubeObject => {
  const { status: _status, ...rest } = next
  const metadata = { ...next.metadata, ...keptMetadata(previous), generation: generationOf(previous, next) }
  const { status } = previous
  const merged: KubeObject = { ...rest, metadata, ...(status !== undefined && { status }) }
  const before = objectOr(previous.spec)
  const spec = objectOr(merged.spec)
  const withIp =
    merged.kind === 'Service' ? { ...merged, spec: { clusterIP: before.clusterIP, ...spec } } : merged
  return withClusterIp(store, withDefaults(withIp))
}

const statusUpdate = (previous: KubeObject, next: KubeObject): KubeObject => {
  const { annotations } = next.metadata
  const metadata = { ...previous.metadata, ...(annotations !== undefined && { annotations }) }
  return { ...previous, metadata, ...(next.status !== undefined && { status: next.status }) }
}

const write = (
  context: WriteContext,
  target: NamedTarget,
  previous: KubeObject,
  next: KubeObject,
): KubeObject => {
  const { store } = context
  const { type, name, part } = target
  const { uid, resourceVersion } = next.metadata
  if (uid !== undefined && uid !== previous.metadata.uid)
    throw conflict(
      type,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${previous.metadata.uid}`,
    )
  if (resourceVersion !== undefined && resourceVersion !== previous.metadata.resourceVersion)
    throw conflict(
      type,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    )
  const object = part === 'status' ? statusUpdate(previous, next) : objectUpdate(store, previous, next)
  if (part === 'object') validate(type, object, previous)
  const versioned = {
    ...object,
    metadata: { ...object.metadata, resourceVersion: previous.metadata.resourceVersion ?? '' },
  }
  if (target.dryRun) return versioned
  const updated = store.update(type.storeName, versioned)
  finishDeletion(store, type.storeName, updated)
  return updated
}

/** PUT. Throws 400, 404, 409 and 422. */
export const replaceObject = (context: WriteContext, target: NamedTarget, body: unknown): KubeObject => {
  const previous = current(context, target)
  const next = parseObject(body, target, context.random)
  if (target.type.versionedUpdates && next.metadata.resourceVersion === undefined)
    throw invalid(target.type.kind, target.type.group, target.name, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ])
  return write(context, target, previous, next)
}

const PATCHES: Readonly<Record<string, (kind: string, target: KubeObject, patch: unknown) => unknown>> = {
  'application/json-patch+json': (_kind, target, patch) => jsonPatch(target, patch),
  'application/merge-patch+json': (_kind, target, patch) => mergePatch(target, patch),
  'application/strategic-merge-patch+json': (kind, target, patch) => strategicMergePatch(kind, target, patch),
}

/** Applies a patch of the given content type to a value. Throws 400, 415 and 422. */
export const applyPatch = (
  kind: string,
  target: KubeObject,
  contentType: string,
  patch: unknown,
): unknown => {
  const apply = PATCHES[contentType]
  if (apply === undefined) throw unsupportedMediaType(Object.keys(PATCHES).join(', '))
  return apply(kind, target, patch)
}

const versionIn = (patch: unknown): boolean =>
  Array.isArray(patch) ? true : objectOr(objectOr(patch).metadata).resourceVersion !== undefined

/** PATCH: JSON patch, merge patch or strategic merge patch, by content type. Throws 400, 404, 409, 415, 422. */
export const patchObject = (
  context: WriteContext,
  target: NamedTarget,
  contentType: string,
  patch: unknown,
): KubeObject => {
  const previous = current(context, target)
  const patched = parseObject(
    applyPatch(target.type.kind, previous, contentType, patch),
    target,
    context.random,
  )
  const { resourceVersion: _version, ...metadata } = patched.metadata
  return write(context, target, previous, versionIn(patch) ? patched : { ...patched, metadata })
}

const PROPAGATIONS: readonly Propagation[] = ['Background', 'Foreground', 'Orphan']

const deletionOptions = (body: unknown, query: URLSearchParams): DeletionOptions => {
  const given = objectOr(body)
  const grace = given.gracePeriodSeconds ?? query.get('gracePeriodSeconds')
  const policy = given.propagationPolicy ?? query.get('propagationPolicy')
  const orphan = given.orphanDependents === true || query.get('orphanDependents') === 'true'
  const propagation = orphan ? 'Orphan' : PROPAGATIONS.find((name) => name === policy)
  if (typeof policy === 'string' && propagation === undefined)
    throw badRequest(`invalid propagation policy: ${policy}`)
  const graceSeconds = grace === null || grace === undefined ? null : Number(grace)
  if (graceSeconds !== null && !(Number.isInteger(graceSeconds) && graceSeconds >= 0))
    throw badRequest(`invalid gracePeriodSeconds: ${String(grace)}`)
  return {
    ...(graceSeconds !== null && { graceSeconds }),
    ...(propagation !== undefined && { propagation }),
  }
}

/** Throws 409 when the object is not the one, or not the version, that a deletion names. */
export const checkPreconditions = (type: ResourceType, object: KubeObject, body: unknown): void => {
  const { uid, resourceVersion } = objectOr(objectOr(body).preconditions)
  const { metadata } = object
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(
      type,
      metadata.name,
      `the UID in the precondition (${String(uid)}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    )
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      type,
      metadata.name,
      `the ResourceVersion in the precondition (${String(resourceVersion)}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    )
}

/** The answer to the deletion of an object that is gone at once, where the API does not return the object. */
const deletedStatus = (type: ResourceType, { metadata }: KubeObject) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: {
    name: metadata.name,
    ...(type.group !== '' && { group: type.group }),
    kind: type.plural,
    uid: metadata.uid,
  },
})

/** DELETE of one object: its last state, or a Status. Throws 400, 404 and 409. */
export const removeObject = (
  context: WriteContext,
  target: NamedTarget,
  body: unknown,
  query: URLSearchParams,
): unknown => {
  const { store, clock } = context
  const { type } = target
  const object = current(context, target)
  checkPreconditions(type, object, body)
  const options = deletionOptions(body, query)
  const tried = target.dryRun || (isObject(body) && Array.isArray(body.dryRun) && body.dryRun.includes('All'))
  const last = tried ? object : deleteObject(store, clock, type.storeName, object, options)
  const waits = store.get(type.storeName, target.namespace, target.name) !== null
  const returnsObject = type.kind === 'Pod' || type.kind === 'Service' || (waits && !tried)
  return returnsObject ? last : deletedStatus(type, object)
}
