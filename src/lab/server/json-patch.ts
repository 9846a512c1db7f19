import { isDeepStrictEqual } from 'node:util'
import { ApiError, badRequest } from './api-error.ts'
import { isObject, type JsonObject } from './json-value.ts'

const unapplicable = (message: string): ApiError =>
  new ApiError(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`)

/** RFC 6901: `/a~1b/0` → `['a/b', '0']`. */
const parsePointer = (pointer: unknown): readonly string[] => {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/')))
    throw badRequest(`no JSON pointer: ${JSON.stringify(pointer)}`)
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

const indexOf = (list: readonly unknown[], key: string, end: number): number => {
  const index = key === '-' ? list.length : Number(key)
  if (!/^(-|0|[1-9]\d*)$/.test(key) || index > end) throw unapplicable(`no index ${key} in the list`)
  return index
}

const child = (value: unknown, key: string): unknown => {
  if (Array.isArray(value)) return value[indexOf(value, key, value.length - 1)]
  if (isObject(value) && key in value) return value[key]
  throw unapplicable(`no such path: ${key}`)
}

const read = (root: unknown, path: readonly string[]): unknown => path.reduce(child, root)

/** A copy of `root` in which `change` was applied to the container of the last key. */
const edit = (
  root: unknown,
  path: readonly string[],
  change: (container: unknown[] | JsonObject, key: string) => void,
): unknown => {
  const [key, ...rest] = path
  if (key === undefined) throw unapplicable('the whole document cannot be changed this way')
  const copy: unknown[] | JsonObject | null = Array.isArray(root)
    ? [...root]
    : isObject(root)
      ? { ...root }
      : null
  if (copy === null) throw unapplicable(`no such path: ${key}`)
  if (rest.length === 0) change(copy, key)
  else if (Array.isArray(copy))
    copy[indexOf(copy, key, copy.length - 1)] = edit(child(root, key), rest, change)
  else copy[key] = edit(child(root, key), rest, change)
  return copy
}

const add = (root: unknown, path: readonly string[], value: unknown): unknown =>
  path.length === 0
    ? value
    : edit(root, path, (container, key) => {
        if (Array.isArray(container)) container.splice(indexOf(container, key, container.length), 0, value)
        else container[key] = value
      })

const remove = (root: unknown, path: readonly string[]): unknown =>
  edit(root, path, (container, key) => {
    child(container, key)
    if (Array.isArray(container)) container.splice(Number(key), 1)
    else delete container[key]
  })

const replace = (root: unknown, path: readonly string[], value: unknown): unknown =>
  path.length === 0
    ? value
    : edit(root, path, (container, key) => {
        child(container, key)
        if (Array.isArray(container)) container[Number(key)] = value
        else container[key] = value
      })

const applyOperation = (root: unknown, operation: unknown): unknown => {
  if (!isObject(operation)) throw badRequest('a JSON patch is a list of operations')
  const path = parsePointer(operation.path)
  switch (operation.op) {
    case 'add':
      return add(root, path, operation.value)
    case 'remove':
      return remove(root, path)
    case 'replace':
      return replace(root, path, operation.value)
    case 'copy':
      return add(root, path, read(root, parsePointer(operation.from)))
    case 'move': {
      const from = parsePointer(operation.from)
      return add(remove(root, from), path, read(root, from))
    }
    case 'test':
      if (!isDeepStrictEqual(read(root, path), operation.value))
        throw unapplicable(`testing path ${String(operation.path)} failed`)
      return root
    default:
      throw badRequest(`unknown operation ${JSON.stringify(operation.op)}`)
  }
}

/** RFC 6902, all or nothing; does not change `target`. A failed test or a missing path is 422, nonsense is 400. */
export const jsonPatch = (target: unknown, patch: unknown): unknown => {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch is a list of operations')
  return patch.reduce<unknown>(applyOperation, target)
}
