import { sameJson } from '../../kernel/canonical-json.ts'
import { pointerOf } from '../../kernel/json-pointer.ts'
import type { JournalAnchor, JournalChange } from '../../model/journal.ts'

export interface Diff {
  readonly changes: readonly JournalChange[]
  /** Names of the list elements that the changes go through. */
  readonly anchors: readonly JournalAnchor[]
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const NONE: Diff = { changes: [], anchors: [] }

const joined = (diffs: readonly Diff[]): Diff => ({
  changes: diffs.flatMap(({ changes }) => changes),
  anchors: diffs.flatMap(({ anchors }) => anchors),
})

const nameOf = (value: unknown): string | null =>
  isFields(value) && typeof value.name === 'string' ? value.name : null

/** Lists whose elements have the same names in the same order: their elements can be compared one by one. */
const sameNames = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length &&
  a.every((element, at) => nameOf(element) !== null && nameOf(element) === nameOf(b[at]))

const diffLists = (before: readonly unknown[], after: readonly unknown[], at: readonly string[]): Diff =>
  joined(
    before.map((element, index) => {
      const step = [...at, String(index)]
      const diff = diffAt(element, after[index], step)
      if (diff.changes.length === 0) return NONE
      const anchor = { path: pointerOf([...step, 'name']), value: nameOf(element) ?? '' }
      return { changes: diff.changes, anchors: [anchor, ...diff.anchors] }
    }),
  )

const diffFields = (before: Fields, after: Fields, at: readonly string[]): Diff => {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return joined(
    keys.map((key) => {
      const step = [...at, key]
      const isIn = { before: Object.hasOwn(before, key), after: Object.hasOwn(after, key) }
      if (isIn.before && isIn.after) return diffAt(before[key], after[key], step)
      const change: JournalChange = {
        path: pointerOf(step),
        before: isIn.before ? { value: before[key] } : null,
        after: isIn.after ? { value: after[key] } : null,
      }
      return { changes: [change], anchors: [] }
    }),
  )
}

const diffAt = (before: unknown, after: unknown, at: readonly string[]): Diff => {
  if (sameJson(before, after)) return NONE
  if (isFields(before) && isFields(after)) return diffFields(before, after, at)
  if (Array.isArray(before) && Array.isArray(after) && sameNames(before, after))
    return diffLists(before, after, at)
  return {
    changes: [{ path: pointerOf(at), before: { value: before }, after: { value: after } }],
    anchors: [],
  }
}

/**
 * The smallest set of disjoint paths that turns `before` into `after`. Objects are compared key by key, lists of equally
 * named elements element by element; any other list is one value.
 */
export const diffObjects = (before: unknown, after: unknown): Diff => diffAt(before, after, [])
