import { fulfils } from '../sim/selector.ts'
import type { KubeObject } from '../sim/store.ts'
import { badRequest } from './api-error.ts'
import type { ResourceType } from './resource-types.ts'

/** Whether a list or watch includes an object. */
export type Selects = (object: KubeObject) => boolean

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values: readonly string[]
}

const KEY = '[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?'
const VALUE = '[-A-Za-z0-9_.]*'
const SET = new RegExp(String.raw`^(${KEY})\s+(in|notin)\s*\(([^()]*)\)$`)
const EQUAL = new RegExp(String.raw`^(${KEY})\s*(==|=|!=)\s*(${VALUE})$`)
const EXISTS = new RegExp(String.raw`^(!?)\s*(${KEY})$`)

/** Splits at commas outside parentheses. */
const split = (text: string): readonly string[] => text.split(/,(?![^(]*\))/).map((part) => part.trim())

const parseRequirement = (text: string): Requirement => {
  const set = SET.exec(text)
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim())
    return { key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values }
  }
  const equal = EQUAL.exec(text)
  if (equal !== null)
    return { key: equal[1] ?? '', operator: equal[2] === '!=' ? 'NotIn' : 'In', values: [equal[3] ?? ''] }
  const exists = EXISTS.exec(text)
  if (exists !== null)
    return { key: exists[2] ?? '', operator: exists[1] === '!' ? 'DoesNotExist' : 'Exists', values: [] }
  throw badRequest(`unable to parse requirement: found '${text}', expected: identifier`)
}

/** `app=web,tier!=cache,env in (a,b),!canary` → a predicate. Throws BadRequest. */
export const parseLabelSelector = (text: string): Selects => {
  if (text.trim() === '') return () => true
  const requirements = split(text).map(parseRequirement)
  return ({ metadata }) =>
    requirements.every(({ key, operator, values }) => fulfils(metadata.labels, key, operator, values))
}

const fieldOf = (object: KubeObject, path: string): string => {
  let value: unknown = object
  for (const key of path.split('.'))
    value =
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([k]) => k === key)?.[1]
        : undefined
  if (path === 'source' && typeof value === 'object' && value !== null)
    return 'component' in value ? String(value.component) : ''
  return value === undefined || value === null ? '' : String(value)
}

/** `metadata.name=web,status.phase!=Running` → a predicate. Throws BadRequest for fields that the API does not offer. */
export const parseFieldSelector = (text: string, type: ResourceType): Selects => {
  if (text.trim() === '') return () => true
  const allowed = new Set(['metadata.name', 'metadata.namespace', ...type.selectableFields])
  const terms = text.split(',').map((term) => {
    const match = /^\s*([\w.]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(term)
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    const [, field = '', operator, value = ''] = match
    if (!allowed.has(field)) throw badRequest(`field label not supported: ${field}`)
    return { field, wanted: operator !== '!=', value }
  })
  return (object) => terms.every(({ field, wanted, value }) => (fieldOf(object, field) === value) === wanted)
}
