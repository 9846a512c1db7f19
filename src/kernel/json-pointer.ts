/** A value that was found; its absence is `null`, so that a field that is `null` and one that is not there differ. */
export interface Found {
  readonly value: unknown
}

/** Keys and indices → JSON pointer (RFC 6901): `['a/b', '0']` → `/a~1b/0`. */
export const pointerOf = (steps: readonly string[]): string =>
  steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** JSON pointer → keys and indices: `/a~1b/0` → `['a/b', '0']`; the empty pointer is the whole document. */
export const stepsOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const INDEX = /^(0|[1-9]\d*)$/

const childAt = (parent: unknown, step: string): Found | null => {
  if (Array.isArray(parent)) {
    return INDEX.test(step) && Number(step) < parent.length ? { value: parent[Number(step)] } : null
  }
  return isRecord(parent) && Object.hasOwn(parent, step) ? { value: parent[step] } : null
}

/** What stands at a pointer; `null` when nothing does. */
export const valueAt = (root: unknown, pointer: string): Found | null =>
  stepsOf(pointer).reduce<Found | null>(
    (found, step) => (found === null ? null : childAt(found.value, step)),
    { value: root },
  )

/**
 * A copy of `root` with another value at a pointer, or, with `null`, without the key. Objects that are missing on the way
 * are made; a path through anything else, and one that takes an element out of a list, changes nothing.
 */
export const withValueAt = (root: unknown, pointer: string, found: Found | null): unknown =>
  edited(root, stepsOf(pointer), found)

const edited = (parent: unknown, [step, ...rest]: readonly string[], found: Found | null): unknown => {
  if (step === undefined) return found === null ? parent : found.value
  if (Array.isArray(parent)) {
    if (childAt(parent, step) === null || (rest.length === 0 && found === null)) return parent
    return parent.map((child, index) => (index === Number(step) ? edited(child, rest, found) : child))
  }
  if (parent !== undefined && !isRecord(parent)) return parent
  const before = parent === undefined ? null : childAt(parent, step)
  if (found === null && before === null) return parent
  if (rest.length === 0 && found === null) {
    return Object.fromEntries(Object.entries(parent ?? {}).filter(([key]) => key !== step))
  }
  return Object.fromEntries([
    ...Object.entries(parent ?? {}).filter(([key]) => key !== step),
    [step, edited(before?.value, rest, found)],
  ])
}
