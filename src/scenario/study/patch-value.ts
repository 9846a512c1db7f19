import type { VariantKind } from '../../model/variant.ts'
import { isMap } from '../is-map.ts'
import { type Path, type Problem, problem } from '../problem.ts'
import { shown } from '../shown.ts'
import { forbiddenInBody, forbiddenInOperations } from './forbidden.ts'

/** One patch of one object as a scenario writes it. `name` null = the Deployment of the scenario. */
export type WrittenPatch = {
  readonly kind: VariantKind
  readonly name: string | null
  readonly path: Path
} & (
  | { readonly type: 'strategic'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly type: 'json'; readonly body: readonly unknown[] }
)

export interface ReadPatches {
  readonly patches: readonly WrittenPatch[]
  readonly problems: readonly Problem[]
}

const NONE: ReadPatches = { patches: [], problems: [] }
const ITEM_KEYS = ['object', 'strategic', 'json']
const KINDS: Readonly<Record<string, VariantKind>> = {
  deployment: 'Deployment',
  service: 'Service',
  ingress: 'Ingress',
  pdb: 'PodDisruptionBudget',
}
const OBJECT = 'deployment, service/NAME, ingress/NAME or pdb/NAME'
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

/**
 * A patch of a scenario: a map that is merged into the Deployment, one `{object, strategic | json}`, or a list of those.
 * Nothing = as the object is.
 */
export const readPatches = (value: unknown, path: Path): ReadPatches => {
  if (value === undefined || value === null) return NONE
  if (Array.isArray(value)) {
    const all = value.map((item: unknown, at) => readItem(item, [...path, at]))
    return {
      patches: all.flatMap(({ patches }) => patches),
      problems: all.flatMap(({ problems }) => problems),
    }
  }
  if (isMap(value) && Object.keys(value).some((key) => ITEM_KEYS.includes(key))) return readItem(value, path)
  return readBody({ kind: 'Deployment', name: null }, value, path)
}

const wrong = (...found: readonly Problem[]): ReadPatches => ({ patches: [], problems: found })

const readItem = (value: unknown, path: Path): ReadPatches => {
  if (!isMap(value)) {
    return wrong(problem(path, `expected a map with object and strategic or json, got ${shown(value)}`))
  }
  const unknown = Object.keys(value).filter((key) => !ITEM_KEYS.includes(key))
  if (unknown.length > 0) {
    return wrong(
      ...unknown.map((key) =>
        problem([...path, key], 'unknown key', `known keys: ${ITEM_KEYS.join(', ')}`, 'key'),
      ),
    )
  }
  const object = readObject(value.object, [...path, 'object'])
  if ('message' in object) return wrong(object)
  const hasStrategic = value.strategic !== undefined
  if (hasStrategic === (value.json !== undefined)) {
    const what = hasStrategic ? 'strategic and json exclude each other' : 'expected strategic or json'
    return wrong(problem(path, what, 'strategic is a map to be merged, json a list of RFC 6902 operations'))
  }
  return hasStrategic
    ? readBody(object, value.strategic, [...path, 'strategic'])
    : readOperations(object, value.json, [...path, 'json'])
}

type ObjectName = Pick<WrittenPatch, 'kind' | 'name'>

const readObject = (value: unknown, path: Path): ObjectName | Problem => {
  if (value === undefined || value === 'deployment') return { kind: 'Deployment', name: null }
  if (typeof value !== 'string') return problem(path, `expected ${OBJECT}, got ${shown(value)}`)
  const [word = '', name, ...rest] = value.split('/')
  if (word === 'deployment' || word === 'namespace') {
    const hint =
      word === 'namespace'
        ? 'a namespace belongs to others too'
        : 'deployment alone is the one of the scenario; no other is changed'
    return problem(path, `expected ${OBJECT}, got ${shown(value)}`, hint)
  }
  const kind = Object.hasOwn(KINDS, word) ? KINDS[word] : undefined
  if (kind === undefined || name === undefined || rest.length > 0 || !NAME.test(name)) {
    return problem(path, `expected ${OBJECT}, got ${shown(value)}`)
  }
  return { kind, name }
}

const readBody = (object: ObjectName, value: unknown, path: Path): ReadPatches => {
  if (!isMap(value)) return wrong(problem(path, `expected a map to be merged, got ${shown(value)}`))
  const problems = forbiddenInBody(object.kind, value, path)
  return { patches: [{ ...object, type: 'strategic', body: value, path }], problems }
}

const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  add: ['value'],
  replace: ['value'],
  test: ['value'],
  remove: [],
  move: ['from'],
  copy: ['from'],
}

const readOperations = (object: ObjectName, value: unknown, path: Path): ReadPatches => {
  if (!Array.isArray(value) || value.length === 0) {
    return wrong(
      problem(path, `expected a list of operations such as {op: replace, path: /spec/…, value: …}`),
    )
  }
  const problems = value.flatMap((operation: unknown, at) => operationProblems(operation, [...path, at]))
  if (problems.length > 0) return wrong(...problems)
  return {
    patches: [{ ...object, type: 'json', body: value, path }],
    problems: forbiddenInOperations(object.kind, value, path),
  }
}

const operationProblems = (operation: unknown, path: Path): readonly Problem[] => {
  if (!isMap(operation)) return [problem(path, `expected a map with op and path, got ${shown(operation)}`)]
  const needs =
    typeof operation.op === 'string' && Object.hasOwn(OPERATIONS, operation.op)
      ? OPERATIONS[operation.op]
      : undefined
  if (needs === undefined) {
    const known = Object.keys(OPERATIONS).join(', ')
    return [problem([...path, 'op'], `expected one of ${known}, got ${shown(operation.op)}`)]
  }
  const lacks = ['path', ...needs].filter((key) => operation[key] === undefined)
  const notPointers = ['path', ...needs.filter((key) => key === 'from')].filter((key) => {
    const pointer = operation[key]
    return pointer !== undefined && (typeof pointer !== 'string' || !pointer.startsWith('/'))
  })
  return [
    ...lacks.map((key) => problem(path, `${shown(operation.op)} needs ${key}`)),
    ...notPointers.map((key) =>
      problem([...path, key], `expected a JSON pointer such as /spec/strategy, got ${shown(operation[key])}`),
    ),
  ]
}
