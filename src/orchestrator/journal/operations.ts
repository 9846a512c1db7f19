import { type Found, stepsOf, valueAt } from '../../kernel/json-pointer.ts'
import type { JsonPatchOperation } from '../../kube/ports.ts'
import { JOURNAL_PATH, type JournalAnchor } from '../../model/journal.ts'
import { journalOf, refOf, versionOf } from './subject.ts'

/** A field as it is to be; `null` = not there. */
export interface WantedField {
  readonly path: string
  readonly value: Found | null
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))

const isAnnotation = (path: string): boolean => stepsOf(parentOf(path)).at(-1) === 'annotations'

/** Maps of annotations that must be made before a key can be put into them. */
const missingMaps = (object: unknown, fields: readonly WantedField[]): readonly JsonPatchOperation[] =>
  [
    ...new Set(
      fields
        .filter(({ path, value }) => value !== null && isAnnotation(path))
        .map(({ path }) => parentOf(path)),
    ),
  ]
    .filter((path) => valueAt(object, path) === null)
    .map((path) => ({ op: 'add', path, value: {} }))

const setting = (object: unknown, { path, value }: WantedField): readonly JsonPatchOperation[] => {
  const isThere = valueAt(object, path) !== null
  if (value !== null) return [{ op: isThere ? 'replace' : 'add', path, value: value.value }]
  return isThere ? [{ op: 'remove', path }] : []
}

/**
 * A JSON patch (RFC 6902) that sets fields and the journal of one object, on the condition that it is exactly as it was
 * read: its uid, its version, the journal that it bore, and the names of the list elements that the paths go through.
 * The API server applies all of it or nothing.
 */
export const guardedPatch = (
  object: unknown,
  fields: readonly WantedField[],
  journal: string | null,
  anchors: readonly JournalAnchor[] = [],
): readonly JsonPatchOperation[] => {
  const bears = journalOf(object)
  const all = [...fields, { path: JOURNAL_PATH, value: journal === null ? null : { value: journal } }]
  return [
    { op: 'test', path: '/metadata/uid', value: refOf(object)?.uid ?? '' },
    { op: 'test', path: '/metadata/resourceVersion', value: versionOf(object) },
    ...(bears === null ? [] : [{ op: 'test' as const, path: JOURNAL_PATH, value: bears }]),
    ...anchors.map(({ path, value }) => ({ op: 'test' as const, path, value })),
    ...missingMaps(object, all),
    ...all.flatMap((field) => setting(object, field)),
  ]
}
