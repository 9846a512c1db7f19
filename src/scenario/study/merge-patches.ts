import type { VariantPatch } from '../../model/variant.ts'
import { isMap } from '../is-map.ts'
import { type Path, type Problem, pathText, problem } from '../problem.ts'
import type { WrittenPatch } from './patch-value.ts'

export interface Merged {
  readonly patches: readonly VariantPatch[]
  readonly problems: readonly Problem[]
}

/** Whether a later patch may give another value to what an earlier one has set. */
export type OnConflict = 'refuse' | 'later-wins'

/**
 * One patch for each object. Strategic-merge patches are merged deeply, lists of named objects by their names; JSON patches are
 * put one after the other. Both kinds for one object, and two values for one field, are problems.
 */
export const mergePatches = (
  written: readonly WrittenPatch[],
  deployment: string,
  onConflict: OnConflict,
): Merged => {
  const problems: Problem[] = []
  const byObject = new Map<string, { readonly patch: VariantPatch; readonly from: Path }>()
  for (const next of written) {
    const name = next.name ?? deployment
    const key = `${next.kind}/${name}`
    const object = { kind: next.kind, name }
    const before = byObject.get(key)
    if (before === undefined) {
      const patch: VariantPatch =
        next.type === 'json'
          ? { object, type: 'json', body: next.body }
          : { object, type: 'strategic', body: next.body }
      byObject.set(key, { patch, from: next.path })
    } else if (before.patch.type === 'json' && next.type === 'json') {
      const body = [...before.patch.body, ...next.body]
      byObject.set(key, { patch: { object, type: 'json', body }, from: before.from })
    } else if (before.patch.type === 'strategic' && next.type === 'strategic') {
      const tell = (steps: Path): void => {
        if (onConflict === 'later-wins') return
        problems.push(
          problem(
            [...next.path, ...steps],
            `${pathText(before.from)} gives ${pathText(steps)} another value`,
            'settings that are combined must not set the same field; make them one setting',
          ),
        )
      }
      const body = mergeMaps(before.patch.body, next.body, [], tell)
      byObject.set(key, { patch: { object, type: 'strategic', body }, from: before.from })
    } else {
      problems.push(
        problem(
          next.path,
          `${pathText(before.from)} patches the same ${next.kind} in the other way`,
          'write both as strategic, or both as json',
        ),
      )
    }
  }
  return { patches: [...byObject.values()].map(({ patch }) => patch), problems }
}

type Tell = (steps: Path) => void

const mergeMaps = (
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
  steps: Path,
  tell: Tell,
): Readonly<Record<string, unknown>> => {
  const result: Record<string, unknown> = { ...a }
  for (const [key, value] of Object.entries(b)) {
    result[key] = Object.hasOwn(a, key) ? mergeValues(a[key], value, [...steps, key], tell) : value
  }
  return result
}

const mergeValues = (a: unknown, b: unknown, steps: Path, tell: Tell): unknown => {
  if (isMap(a) && isMap(b)) return mergeMaps(a, b, steps, tell)
  if (Array.isArray(a) && Array.isArray(b)) {
    const key = mergeKeyOf([...a, ...b])
    if (key !== null) return mergeLists(a, b, key, steps, tell)
  }
  if (JSON.stringify(a) !== JSON.stringify(b)) tell(steps)
  return b
}

/** By which key the API server tells the items of such lists apart: those of pods and Services that have one (k8s.io/api). */
const mergeKeyOf = (items: readonly unknown[]): string | null =>
  ['name', 'containerPort', 'port', 'mountPath', 'topologyKey', 'ip'].find((key) =>
    items.every((item) => isMap(item) && item[key] !== undefined),
  ) ?? null

const mergeLists = (
  a: readonly unknown[],
  b: readonly unknown[],
  key: string,
  steps: Path,
  tell: Tell,
): readonly unknown[] => {
  const keyOf = (item: unknown): unknown => (isMap(item) ? item[key] : undefined)
  const result = [...a]
  b.forEach((item, at) => {
    const same = result.findIndex((other) => keyOf(other) === keyOf(item))
    if (same < 0) result.push(item)
    else result[same] = mergeValues(result[same], item, [...steps, at], tell)
  })
  return result
}
