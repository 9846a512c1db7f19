import { type Found, valueAt, withValueAt } from '../../kernel/json-pointer.ts'
import { JOURNAL_PATH, type ObjectRef } from '../../model/journal.ts'
import { VARIANT_KINDS } from '../../model/variant.ts'

/** Maps that the API server leaves out when they are empty: for us they are always there. */
const MAPS: readonly string[] = ['/metadata/annotations', '/spec/template/metadata/annotations']

/** What the API server and the controllers keep by themselves. */
const SERVER_KEPT: readonly string[] = [
  '/status',
  '/metadata/resourceVersion',
  '/metadata/generation',
  '/metadata/managedFields',
  '/metadata/uid',
  '/metadata/creationTimestamp',
  '/metadata/selfLink',
  JOURNAL_PATH,
]

const isMap = (found: Found | null): boolean =>
  typeof found?.value === 'object' && found.value !== null && !Array.isArray(found.value)

/** An object without what the server keeps and without our journal, the maps of annotations filled in. */
export const subjectOf = (object: unknown): unknown => {
  const bare = SERVER_KEPT.reduce<unknown>((rest, path) => withValueAt(rest, path, null), object)
  return MAPS.reduce<unknown>((rest, path) => {
    const owner = path.slice(0, path.lastIndexOf('/'))
    return isMap(valueAt(rest, owner)) && !isMap(valueAt(rest, path))
      ? withValueAt(rest, path, { value: {} })
      : rest
  }, bare)
}

const textOf = (object: unknown, path: string): string | null => {
  const value = valueAt(object, path)?.value
  return typeof value === 'string' && value !== '' ? value : null
}

/** Who a raw object is. `null` when it is not one of the kinds that a variant may change. */
export const refOf = (object: unknown): ObjectRef | null => {
  const kind = VARIANT_KINDS.find((known) => known === textOf(object, '/kind'))
  const [namespace, name, uid] = ['namespace', 'name', 'uid'].map((key) => textOf(object, `/metadata/${key}`))
  return kind === undefined || !namespace || !name || !uid ? null : { kind, namespace, name, uid }
}

export const versionOf = (object: unknown): string => textOf(object, '/metadata/resourceVersion') ?? ''

/** The text of the journal that an object bears; `null` = none. */
export const journalOf = (object: unknown): string | null => {
  const found = valueAt(object, JOURNAL_PATH)
  return found === null ? null : String(found.value)
}
