import { isDeepStrictEqual } from 'node:util'
import { badRequest } from './api-error.ts'
import { isObject, type JsonObject } from './json-value.ts'
import { isMergedSet, mergeKeyOf } from './merge-keys.ts'

/*
 * Strategic merge patch (apimachinery, util/strategicpatch): objects are merged, `null` removes, lists with a merge
 * key are merged item by item, other lists are replaced. Directives: `$patch: replace|delete|merge`,
 * `$setElementOrder/<list>`, `$deleteFromPrimitiveList/<list>`, `$retainKeys`.
 */

const ORDER = '$setElementOrder/'
const REMOVE = '$deleteFromPrimitiveList/'
const DIRECTIVES = new Set(['$patch', '$retainKeys'])

const isDirective = (key: string): boolean =>
  DIRECTIVES.has(key) || key.startsWith(ORDER) || key.startsWith(REMOVE)

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const keyIn = (item: unknown, mergeKey: string): unknown => (isObject(item) ? item[mergeKey] : undefined)

const find = (list: readonly unknown[], value: unknown, mergeKey: string): number =>
  list.findIndex((item) => isDeepStrictEqual(keyIn(item, mergeKey), value))

/** New content: what the patch adds where nothing was, free of directives and nulls. */
const clean = (kind: string, path: readonly string[], value: unknown): unknown =>
  isObject(value) ? mergeObject(kind, path, {}, value) : mergeValue(kind, path, undefined, value)

/**
 * Items that the patch names in the order it gives; the others keep their place relative to them as far as the
 * old list says which came first (normalizeElementOrder).
 */
const reorder = (
  merged: readonly unknown[],
  order: readonly unknown[],
  before: readonly unknown[],
  keyOf: (item: unknown) => unknown,
): readonly unknown[] => {
  const position = (list: readonly unknown[], item: unknown): number =>
    list.findIndex((other) => isDeepStrictEqual(keyOf(other), keyOf(item)))
  const named = merged
    .filter((item) => position(order, item) !== -1)
    .sort((a, b) => position(order, a) - position(order, b))
  const others = merged.filter((item) => position(order, item) === -1)
  const result: unknown[] = []
  while (named.length > 0 && others.length > 0) {
    const [other, item] = [position(before, others[0]), position(before, named[0])]
    result.push(other !== -1 && item !== -1 && other < item ? others.shift() : named.shift())
  }
  return [...result, ...others, ...named]
}

const mergeItems = (
  kind: string,
  path: readonly string[],
  current: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
): readonly unknown[] => {
  const replaced = patch.some((item) => isObject(item) && item.$patch === 'replace')
  const result: unknown[] = replaced ? [] : [...current]
  for (const item of patch) {
    if (!isObject(item)) throw badRequest(`items of ${path.join('.')} are objects`)
    if (item.$patch === 'replace' && Object.keys(item).length === 1) continue
    const value = item[mergeKey]
    if (value === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`)
    const index = find(result, value, mergeKey)
    if (item.$patch === 'delete') {
      if (index !== -1) result.splice(index, 1)
    } else if (index === -1) result.push(clean(kind, path, item))
    else result[index] = mergeValue(kind, path, result[index], item)
  }
  return result
}

const mergeSet = (current: readonly unknown[], patch: readonly unknown[]): readonly unknown[] => [
  ...current,
  ...patch.filter((value) => !current.includes(value)),
]

const mergeList = (
  kind: string,
  path: readonly string[],
  current: unknown,
  patch: readonly unknown[],
): readonly unknown[] => {
  const mergeKey = mergeKeyOf(kind, path)
  if (mergeKey !== null) return mergeItems(kind, path, listOf(current), patch, mergeKey)
  if (isMergedSet(path.at(-1) ?? '')) return mergeSet(listOf(current), patch)
  return patch
}

const mergeValue = (kind: string, path: readonly string[], current: unknown, patch: unknown): unknown => {
  if (Array.isArray(patch)) return mergeList(kind, path, current, patch)
  return isObject(patch) ? mergeObject(kind, path, isObject(current) ? current : {}, patch) : patch
}

/** Applies `$deleteFromPrimitiveList/<field>` and `$setElementOrder/<field>` to the merged lists. */
const applyListDirectives = (
  kind: string,
  path: readonly string[],
  result: JsonObject,
  before: JsonObject,
  patch: JsonObject,
): void => {
  for (const [directive, value] of Object.entries(patch)) {
    if (directive.startsWith(REMOVE)) {
      const field = directive.slice(REMOVE.length)
      result[field] = listOf(result[field]).filter((item) => !listOf(value).includes(item))
    }
    if (!directive.startsWith(ORDER)) continue
    const field = directive.slice(ORDER.length)
    const mergeKey = mergeKeyOf(kind, [...path, field])
    const keyOf = (item: unknown): unknown => (mergeKey === null ? item : keyIn(item, mergeKey))
    if (Array.isArray(result[field]))
      result[field] = reorder(result[field], listOf(value), listOf(before[field]), keyOf)
  }
}

const mergeObject = (
  kind: string,
  path: readonly string[],
  current: JsonObject,
  patch: JsonObject,
): JsonObject => {
  if (patch.$patch === 'delete') return {}
  const start = patch.$patch === 'replace' ? {} : current
  const retained = patch.$retainKeys
  const result: JsonObject = Array.isArray(retained)
    ? Object.fromEntries(Object.entries(start).filter(([key]) => retained.includes(key)))
    : { ...start }
  for (const [key, value] of Object.entries(patch)) {
    if (isDirective(key)) continue
    if (value === null || (isObject(value) && value.$patch === 'delete')) delete result[key]
    else result[key] = mergeValue(kind, [...path, key], result[key], value)
  }
  applyListDirectives(kind, path, result, start, patch)
  return result
}

/** The patched object; `kind` says which lists are merged by which key. Does not change `target`. Throws BadRequest. */
export const strategicMergePatch = (kind: string, target: JsonObject, patch: unknown): JsonObject => {
  if (!isObject(patch)) throw badRequest('a strategic merge patch is an object')
  return mergeObject(kind, [], target, patch)
}
