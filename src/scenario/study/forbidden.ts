import { pointerOf } from '../../kernel/json-pointer.ts'
import type { VariantKind } from '../../model/variant.ts'
import { refusedPath } from '../../model/variant-paths.ts'
import { isMap } from '../is-map.ts'
import { type Path, type Problem, problem } from '../problem.ts'

/** What a strategic-merge patch touches and may not, at the key that does it. The same is held against the cluster's objects later. */
export const forbiddenInBody = (
  kind: VariantKind,
  body: Readonly<Record<string, unknown>>,
  path: Path,
): Problem[] => {
  const visit = (value: unknown, steps: readonly string[]): Problem[] => {
    const why = refusedPath(kind, pointerOf(steps))
    if (why === null) return []
    // A map on the way to what may be changed: its keys decide.
    if (isMap(value) && Object.keys(value).length > 0 && leadsOn(steps)) {
      return Object.entries(value).flatMap(([key, child]) => visit(child, [...steps, key]))
    }
    return [problem([...path, ...steps], why, null, 'key')]
  }
  return Object.entries(body).flatMap(([key, value]) => visit(value, [key]))
}

/** Maps that hold both what may be changed and what may not. */
const ON_THE_WAY: readonly string[] = [
  '/spec',
  '/spec/template',
  '/spec/template/metadata',
  '/spec/template/metadata/annotations',
  '/metadata',
  '/metadata/annotations',
]
const leadsOn = (steps: readonly string[]): boolean => ON_THE_WAY.includes(pointerOf(steps))

/** The same for the operations of a JSON patch. Those were checked to have an op and pointers. */
export const forbiddenInOperations = (
  kind: VariantKind,
  operations: readonly unknown[],
  path: Path,
): Problem[] =>
  operations.flatMap((operation, at) => {
    if (!isMap(operation) || operation.op === 'test') return []
    const pointers = operation.op === 'move' ? ['path', 'from'] : ['path']
    return pointers.flatMap((key) => {
      const why = refusedPath(kind, String(operation[key]))
      return why === null ? [] : [problem([...path, at, key], why)]
    })
  })
