import type { KubeObject, Store } from '../sim/store.ts'
import { badRequest, expired, tooLargeVersion } from './api-error.ts'
import { isObject } from './json-value.ts'
import type { ListOptions } from './list-options.ts'
import type { ResourceType } from './resource-types.ts'

export interface ObjectList {
  readonly items: readonly KubeObject[]
  readonly metadata: {
    readonly resourceVersion: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`

/**
 * The objects of a resource as they were at an earlier version: today's, with later changes taken back. `null` when
 * the history no longer reaches back that far.
 */
export const snapshotAt = (
  store: Store,
  resource: string,
  namespace: string | null,
  version: number,
): readonly KubeObject[] | null => {
  const later = store.since(version)
  if (later === null) return null
  const objects = new Map(store.list(resource, namespace).items.map((object) => [keyOf(object), object]))
  for (const event of later.toReversed()) {
    if (event.resource !== resource) continue
    if (namespace !== null && event.object.metadata.namespace !== namespace) continue
    if (event.previous === null) objects.delete(keyOf(event.object))
    else objects.set(keyOf(event.object), event.previous)
  }
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
}

interface Continuation {
  readonly version: number
  readonly after: string
}

const encode = (continuation: Continuation): string =>
  Buffer.from(JSON.stringify(continuation)).toString('base64url')

const decode = (token: string): Continuation => {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (isObject(value) && typeof value.version === 'number' && typeof value.after === 'string')
      return { version: value.version, after: value.after }
  } catch {
    // Not JSON: refused below, like any other text that is no token of ours.
  }
  throw badRequest('continue key is not valid')
}

const TOO_OLD = 'The resourceVersion for the provided list is too old.'
const STALE_TOKEN =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.'

/** Lists objects now, at an exact version, or from where a page ended. Throws 410 and 504. */
export const listObjects = (
  store: Store,
  type: ResourceType,
  namespace: string | null,
  options: ListOptions,
): ObjectList => {
  const { resourceVersion } = options
  if (resourceVersion !== null && resourceVersion > store.resourceVersion)
    throw tooLargeVersion(resourceVersion, store.resourceVersion)
  const from = options.continueToken === null ? null : decode(options.continueToken)
  const exact = from?.version ?? (options.match === 'Exact' ? resourceVersion : null)
  const all =
    exact === null
      ? store.list(type.storeName, namespace).items
      : snapshotAt(store, type.storeName, namespace, exact)
  if (all === null) throw expired(from === null ? TOO_OLD : STALE_TOKEN)
  const version = exact ?? store.resourceVersion
  const found = all.filter(
    (object) => options.selects(object) && (from === null || keyOf(object) > from.after),
  )
  const items = options.limit > 0 ? found.slice(0, options.limit) : found
  const last = items.at(-1)
  const rest = found.length - items.length
  return {
    items,
    metadata: {
      resourceVersion: String(version),
      ...(rest > 0 && last !== undefined && { continue: encode({ version, after: keyOf(last) }) }),
      ...(rest > 0 && { remainingItemCount: rest }),
    },
  }
}
