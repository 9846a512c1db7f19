import type { Found } from '../../kernel/json-pointer.ts'
import type { ObjectRef } from '../../model/journal.ts'
import { guardedPatch } from './operations.ts'
import type { PlannedField } from './plan-restore.ts'

/** A value on one line, cut to what a reader can take in; nothing for a field that is not there. */
const shown = (found: Found | null): string => {
  if (found === null) return '(not there)'
  const text = JSON.stringify(found.value)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

/** One field of a plan, as a line: what stands there, what we wrote, what it was. */
export const fieldLine = ({ path, state, now, before, ours }: PlannedField): string => {
  switch (state) {
    case 'already':
      return `${path}: is ${shown(before)}, as it was`
    case 'put-back':
      return `${path}: ${shown(now)} -> ${shown(before)}`
    case 'theirs':
      return `${path}: is ${shown(now)}, as the autoscaler wants it; before it was ${shown(before)}`
    case 'conflict':
      return `${path}: is ${shown(now)}; the variant had put ${shown(ours)}, before that it was ${shown(before)}`
  }
}

/** The kubectl command that puts fields back whatever stands there now, and takes the journal away. For a POSIX shell. */
export const commandByHand = (object: unknown, ref: ObjectRef, fields: readonly PlannedField[]): string => {
  const wanted = fields
    .filter(({ state }) => state === 'put-back' || state === 'conflict')
    .map(({ path, before }) => ({ path, value: before }))
  const operations = guardedPatch(object, wanted, null).filter(
    ({ op, path }) => op !== 'test' || path === '/metadata/uid',
  )
  const text = JSON.stringify(operations).replaceAll("'", `'\\''`)
  return `kubectl -n ${ref.namespace} patch ${ref.kind.toLowerCase()} ${ref.name} --type=json -p '${text}'`
}
