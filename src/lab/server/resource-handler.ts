import type { KubeObject } from '../sim/store.ts'
import type { Forbids } from './access.ts'
import {
  badRequest,
  forbidden,
  methodNotAllowed,
  noSuchPath,
  notFound,
  tooLargeVersion,
} from './api-error.ts'
import { objectOr } from './json-value.ts'
import { listObjects } from './list.ts'
import { parseListOptions } from './list-options.ts'
import { formOf, metadataOnly, tableOf } from './representation.ts'
import { apiVersionOf } from './resource-types.ts'
import type { ResourceRoute } from './route.ts'
import { evict, patchScale, readScale, replaceScale } from './subresources.ts'
import type { WatchRequest } from './watch.ts'
import {
  createObject,
  type NamedTarget,
  patchObject,
  removeObject,
  replaceObject,
  type WriteContext,
  type WriteTarget,
} from './writes.ts'

/** The last lines (all when `null`) of a container's log. */
export type ReadLog = (
  pod: { readonly namespace: string; readonly name: string },
  options: { readonly container: string | null; readonly tailLines: number | null },
) => string | null

export interface ResourceRequest {
  readonly method: string
  readonly route: ResourceRoute
  readonly query: URLSearchParams
  readonly accept: string
  readonly contentType: string
  readonly body: unknown
}

export interface ResourceOptions {
  readonly forbids: Forbids
  readonly readLog: ReadLog
  readonly bookmarkIntervalMs: number
}

export type ResourceAnswer =
  | { readonly kind: 'value'; readonly code: number; readonly value: unknown }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'watch'; readonly request: WatchRequest }

/** Without timeoutSeconds a watch lasts as long as the API server's --min-request-timeout. */
const WATCH_SECONDS = 1800

const value = (code: number, result: unknown): ResourceAnswer => ({ kind: 'value', code, value: result })

const verbOf = ({ method, route, query }: ResourceRequest): string => {
  const watch = query.get('watch') === 'true' || query.get('watch') === '1'
  switch (method) {
    case 'GET':
      return watch ? 'watch' : route.name === null ? 'list' : 'get'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return route.name === null ? 'deletecollection' : 'delete'
    default:
      throw methodNotAllowed()
  }
}

const includeObjectOf = (query: URLSearchParams): 'Metadata' | 'Object' | 'None' => {
  const asked = query.get('includeObject')
  return asked === 'Object' || asked === 'None' ? asked : 'Metadata'
}

const isDryRun = (query: URLSearchParams): boolean => {
  const asked = query.getAll('dryRun')
  if (asked.some((stage) => stage !== 'All')) throw badRequest(`invalid dryRun: ${asked.join(',')}`)
  return asked.length > 0
}

/** One object in the form that the client asked for. */
const presentOne = (
  context: WriteContext,
  { route, query, accept }: ResourceRequest,
  object: KubeObject,
): unknown => {
  const form = formOf(accept)
  if (form === 'metadata') return metadataOnly(object)
  if (form === 'objects' || object.kind !== route.type.kind) return object
  return tableOf(
    route.type,
    [object],
    { resourceVersion: object.metadata.resourceVersion },
    {
      nowEpochMs: context.clock.epochMs(),
      includeObject: includeObjectOf(query),
      withDefinitions: true,
    },
  )
}

const list = (context: WriteContext, request: ResourceRequest): ResourceAnswer => {
  const { type, namespace } = request.route
  const { items, metadata } = listObjects(
    context.store,
    type,
    namespace,
    parseListOptions(request.query, type),
  )
  const form = formOf(request.accept)
  if (form === 'table')
    return value(
      200,
      tableOf(type, items, metadata, {
        nowEpochMs: context.clock.epochMs(),
        includeObject: includeObjectOf(request.query),
        withDefinitions: true,
      }),
    )
  if (form === 'metadata')
    return value(200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: items.map(metadataOnly),
    })
  const bare = items.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest)
  return value(200, { kind: `${type.kind}List`, apiVersion: apiVersionOf(type), metadata, items: bare })
}

const watch = (
  context: WriteContext,
  request: ResourceRequest,
  bookmarkIntervalMs: number,
): ResourceAnswer => {
  const { type, namespace, name } = request.route
  const given = parseListOptions(request.query, type)
  const options =
    name === null
      ? given
      : { ...given, selects: (object: KubeObject) => object.metadata.name === name && given.selects(object) }
  if (options.sendInitialEvents && (options.resourceVersion ?? 0) > context.store.resourceVersion)
    throw tooLargeVersion(options.resourceVersion ?? 0, context.store.resourceVersion)
  const form = formOf(request.accept)
  let first = true
  const represent = (object: KubeObject): unknown => {
    if (form === 'metadata') return metadataOnly(object)
    if (form === 'objects') return object
    const isBookmark = object.metadata.uid === undefined
    const table = tableOf(
      type,
      isBookmark ? [] : [object],
      { resourceVersion: object.metadata.resourceVersion },
      {
        nowEpochMs: context.clock.epochMs(),
        includeObject: includeObjectOf(request.query),
        withDefinitions: first,
      },
    )
    first = false
    return table
  }
  const timeoutSeconds = options.timeoutSeconds ?? WATCH_SECONDS
  return {
    kind: 'watch',
    request: { type, namespace, options, represent, timeoutSeconds, bookmarkIntervalMs },
  }
}

const read = (context: WriteContext, request: ResourceRequest, name: string): ResourceAnswer => {
  const { type, namespace } = request.route
  const object = context.store.get(type.storeName, namespace, name)
  if (object === null) throw notFound(type, name)
  return value(200, presentOne(context, request, object))
}

const readLog = (
  context: WriteContext,
  request: ResourceRequest,
  name: string,
  read: ReadLog,
): ResourceAnswer => {
  const { type, namespace } = request.route
  if (context.store.get(type.storeName, namespace, name) === null) throw notFound(type, name)
  const tail = Number(request.query.get('tailLines') ?? Number.NaN)
  const text = read(
    { namespace: namespace ?? '', name },
    { container: request.query.get('container'), tailLines: Number.isNaN(tail) ? null : tail },
  )
  if (text === null) throw badRequest(`no log of pod "${name}" is kept`)
  return { kind: 'text', text }
}

const subresource = (
  context: WriteContext,
  request: ResourceRequest,
  target: NamedTarget,
  options: ResourceOptions,
): ResourceAnswer => {
  const { method, route, body, contentType } = request
  const action = `${method} ${route.subresource}`
  switch (action) {
    case 'GET scale':
      return value(200, readScale(context, target))
    case 'PUT scale':
      return value(200, replaceScale(context, target, body))
    case 'PATCH scale':
      return value(200, patchScale(context, target, contentType, body))
    case 'GET status':
      return read(context, request, target.name)
    case 'PUT status':
      return value(200, replaceObject(context, { ...target, part: 'status' }, body))
    case 'PATCH status':
      return value(200, patchObject(context, { ...target, part: 'status' }, contentType, body))
    case 'GET log':
      return readLog(context, request, target.name, options.readLog)
    case 'POST eviction':
      return value(201, evict(context, target, body))
    default:
      throw methodNotAllowed()
  }
}

const deleteCollection = (
  context: WriteContext,
  request: ResourceRequest,
  target: WriteTarget,
): ResourceAnswer => {
  const { type, namespace } = request.route
  const found = listObjects(context.store, type, namespace, parseListOptions(request.query, type))
  for (const { metadata } of found.items) {
    const one: NamedTarget = {
      ...target,
      namespace: metadata.namespace ?? null,
      name: metadata.name,
      part: 'object',
    }
    removeObject(context, one, request.body, request.query)
  }
  return value(200, { kind: `${type.kind}List`, apiVersion: apiVersionOf(type), ...found })
}

const dryRunInBody = (body: unknown): boolean => {
  const { dryRun } = objectOr(body)
  return Array.isArray(dryRun) && dryRun.includes('All')
}

/** A list or watch of `metadata.name=NAME` alone is authorized as that one object (apiserver, RequestInfoFactory). */
const soleName = (query: URLSearchParams): string =>
  /^metadata\.name==?([^,=!]+)$/.exec(query.get('fieldSelector') ?? '')?.[1] ?? ''

/** Answers a request for objects of one type. Throws ApiError and StoreError. */
export const handleResource = (
  context: WriteContext,
  request: ResourceRequest,
  options: ResourceOptions,
): ResourceAnswer => {
  const { route, method, query, body, contentType } = request
  const { type, namespace, name } = route
  const verb = verbOf(request)
  const attributes = {
    verb,
    group: type.group,
    resource: type.plural,
    subresource: route.subresource ?? '',
    namespace: namespace ?? '',
    name: name ?? soleName(query),
  }
  if (options.forbids(attributes)) throw forbidden(type, verb, namespace, name)
  if (type.readOnly && method !== 'GET') throw methodNotAllowed()
  const dryRun = isDryRun(query) || (method === 'DELETE' && dryRunInBody(body))
  const strict = query.get('fieldValidation') === 'Strict'
  const place: WriteTarget = { type, namespace, name, dryRun, strict }

  if (verb === 'watch') return watch(context, request, options.bookmarkIntervalMs)
  if (name === null) {
    if (method === 'GET') return list(context, request)
    if (type.namespaced && namespace === null) throw methodNotAllowed()
    if (method === 'POST') return value(201, presentOne(context, request, createObject(context, place, body)))
    if (method === 'DELETE') return deleteCollection(context, request, place)
    throw methodNotAllowed()
  }
  const target: NamedTarget = { ...place, name, part: 'object' }
  if (route.subresource !== null) {
    if (!type.subresources.includes(route.subresource)) throw noSuchPath()
    return subresource(context, request, target, options)
  }
  switch (method) {
    case 'GET':
      return read(context, request, name)
    case 'PUT':
      return value(200, presentOne(context, request, replaceObject(context, target, body)))
    case 'PATCH':
      return value(200, presentOne(context, request, patchObject(context, target, contentType, body)))
    case 'DELETE':
      return value(200, removeObject(context, target, body, query))
    default:
      throw methodNotAllowed()
  }
}
