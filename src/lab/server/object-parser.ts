import type { Random } from '../../kernel/random.ts'
import { nameSuffix } from '../sim/names.ts'
import type { KubeObject, ObjectMeta } from '../sim/store.ts'
import { badRequest } from './api-error.ts'
import { isObject, type JsonObject, objectOr } from './json-value.ts'
import { refuseUnknownFields } from './known-fields.ts'
import { apiVersionOf, type ResourceType } from './resource-types.ts'
import { checkWireTypes } from './wire-types.ts'

/** Go decodes `null` like a missing field; the status keeps its nulls (lastProbeTime). */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([, child]) => child !== null)
  return Object.fromEntries(kept.map(([key, child]) => [key, key === 'status' ? child : withoutNulls(child)]))
}

/** Types whose `spec` may be left out and is then an empty one. */
const WITH_SPEC = new Set([
  'Deployment',
  'ReplicaSet',
  'Pod',
  'Service',
  'PodDisruptionBudget',
  'Node',
  'Ingress',
])

export interface ObjectPlace {
  readonly type: ResourceType
  readonly namespace: string | null
  /** From the path; `null` in a creation. */
  readonly name: string | null
  /** Refuses fields that the API does not have (`fieldValidation=Strict`). */
  readonly strict: boolean
}

const checkPlace = (
  { type, namespace, name }: ObjectPlace,
  kind: unknown,
  version: unknown,
  metadata: JsonObject,
): void => {
  const wanted = apiVersionOf(type)
  if ((kind ?? type.kind) !== type.kind || (version ?? wanted) !== wanted)
    throw badRequest(
      `${String(kind)} in version "${String(version)}" cannot be handled as a ${type.kind}: no kind "${String(kind)}" is registered for version "${wanted}"`,
    )
  if (namespace !== null && (metadata.namespace ?? namespace) !== namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  if (name !== null && (metadata.name ?? name) !== name)
    throw badRequest(
      `the name of the object (${String(metadata.name)}) does not match the name on the URL (${name})`,
    )
}

/**
 * A request's body → an object of the type that the path names: kind, version, namespace and name agree, fields
 * have the types that the API reads. Throws BadRequest.
 */
export const parseObject = (body: unknown, place: ObjectPlace, random: Random): KubeObject => {
  const { type, namespace } = place
  if (!isObject(body)) throw badRequest(`the object provided is unrecognized (must be of type ${type.kind})`)
  checkWireTypes(type.kind, type.version, body)
  if (place.strict) refuseUnknownFields(type.kind, type.version, body)
  const { kind, apiVersion, metadata, ...rest } = objectOr(withoutNulls(body))
  const given = objectOr(metadata)
  checkPlace(place, kind, apiVersion, given)
  const { generateName } = given
  const generated = typeof generateName === 'string' ? `${generateName}${nameSuffix(random)}` : ''
  const name = typeof given.name === 'string' && given.name !== '' ? given.name : (place.name ?? generated)
  const { selfLink: _selfLink, managedFields: _managedFields, namespace: _namespace, ...kept } = given
  const parsed: ObjectMeta = { ...kept, name, ...(namespace !== null && { namespace }) }
  const spec = WITH_SPEC.has(type.kind) ? { spec: objectOr(rest.spec) } : {}
  return { kind: type.kind, apiVersion: apiVersionOf(type), metadata: parsed, ...rest, ...spec }
}
