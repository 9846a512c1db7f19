import { findResourceType, type ResourceType } from './resource-types.ts'

/** A path of the API that stands for objects. */
export interface ResourceRoute {
  readonly type: ResourceType
  /** `null`: cluster scoped, or all namespaces. */
  readonly namespace: string | null
  readonly name: string | null
  readonly subresource: string | null
}

/**
 * `/apis/apps/v1/namespaces/shop/deployments/web/scale` → what it stands for; `null` for any other path.
 * `/api/v1/namespaces/shop` is the namespace itself.
 */
export const parseRoute = (path: string): ResourceRoute | null => {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  const [root, ...after] = parts
  if (root !== 'api' && root !== 'apis') return null
  const [group, version, ...rest] = root === 'api' ? ['', ...after] : after
  const scoped = rest[0] === 'namespaces' && rest.length > 2
  const namespace = scoped ? (rest[1] ?? null) : null
  const [plural = '', name, subresource, ...tooMuch] = scoped ? rest.slice(2) : rest
  const type = findResourceType(group ?? '', version ?? '', plural)
  if (type === null) return statusOfNamespace(rest)
  if (tooMuch.length > 0 || type.namespaced !== scoped) {
    const acrossNamespaces = type.namespaced && !scoped && name === undefined
    if (tooMuch.length > 0 || !acrossNamespaces) return null
  }
  return { type, namespace, name: name ?? null, subresource: subresource ?? null }
}

/** `/api/v1/namespaces/shop/status` and `/finalize` look like a resource inside the namespace, and are not. */
const statusOfNamespace = (rest: readonly string[]): ResourceRoute | null => {
  const [plural, name, subresource, ...tooMuch] = rest
  const type = findResourceType('', 'v1', 'namespaces')
  if (plural !== 'namespaces' || type === null || tooMuch.length > 0) return null
  return { type, namespace: null, name: name ?? null, subresource: subresource ?? null }
}
