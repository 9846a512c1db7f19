import { badRequest, invalid } from './api-error.ts'
import type { ResourceType } from './resource-types.ts'
import { parseFieldSelector, parseLabelSelector, type Selects } from './selectors.ts'

/** What a list or watch asks for (meta/v1 ListOptions). */
export interface ListOptions {
  readonly selects: Selects
  readonly watch: boolean
  /** `null`: not given; 0: any version will do. */
  readonly resourceVersion: number | null
  readonly match: 'Exact' | 'NotOlderThan' | null
  readonly limit: number
  readonly continueToken: string | null
  readonly bookmarks: boolean
  readonly sendInitialEvents: boolean
  /** `null`: the server's own limit. */
  readonly timeoutSeconds: number | null
}

const isTrue = (text: string | null): boolean => text === 'true' || text === '1'

const versionOf = (text: string | null): number | null => {
  if (text === null || text === '') return null
  if (!/^\d+$/.test(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
    )
  return Number(text)
}

const forbiddenOption = (field: string, message: string) =>
  invalid('ListOptions', 'meta.k8s.io', '', [
    { reason: 'FieldValueForbidden', message: `Forbidden: ${message}`, field },
  ])

const wholeNumber = (text: string | null, name: string): number | null => {
  if (text === null || text === '') return null
  if (!/^\d+$/.test(text)) throw badRequest(`unable to decode parameters: ${name} is no number: ${text}`)
  return Number(text)
}

/** Reads the query of a list or watch. Throws 400 and 422 as the API does. */
export const parseListOptions = (query: URLSearchParams, type: ResourceType): ListOptions => {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '')
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', type)
  const resourceVersion = versionOf(query.get('resourceVersion'))
  const watch = isTrue(query.get('watch'))
  const match = query.get('resourceVersionMatch')
  const sendInitialEvents = watch && isTrue(query.get('sendInitialEvents'))
  if (match !== null && match !== 'Exact' && match !== 'NotOlderThan')
    throw forbiddenOption('resourceVersionMatch', `unknown value "${match}"`)
  if (match !== null && watch && !sendInitialEvents)
    throw forbiddenOption('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch')
  if (match !== null && resourceVersion === null && !sendInitialEvents)
    throw forbiddenOption(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden unless resourceVersion is provided',
    )
  if (match === 'Exact' && resourceVersion === 0)
    throw forbiddenOption(
      'resourceVersionMatch',
      'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    )
  return {
    selects: (object) => labels(object) && fields(object),
    watch,
    resourceVersion,
    match,
    limit: wholeNumber(query.get('limit'), 'limit') ?? 0,
    continueToken: query.get('continue') || null,
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents,
    timeoutSeconds: wholeNumber(query.get('timeoutSeconds'), 'timeoutSeconds'),
  }
}
