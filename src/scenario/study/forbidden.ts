import type { VariantKind } from '../../model/variant.ts'
import { isMap } from '../is-map.ts'
import { type Path, type Problem, problem } from '../problem.ts'
import { shown } from '../shown.ts'

type Steps = readonly string[]

/** All that a variant may change lies below one of these. */
const ROOTS: readonly Steps[] = [['spec'], ['metadata', 'annotations']]

/** What it may not: how many pods there are, which ones belong to whom, and what a run itself writes. */
const FORBIDDEN: Readonly<Record<VariantKind, readonly Steps[]>> = {
  Deployment: [
    ['spec', 'replicas'],
    ['spec', 'selector'],
    ['spec', 'paused'],
    ['spec', 'template', 'metadata', 'labels'],
    ['spec', 'template', 'metadata', 'name'],
    ['spec', 'template', 'metadata', 'namespace'],
    ['spec', 'template', 'metadata', 'annotations', 'kubectl.kubernetes.io/restartedAt'],
  ],
  Service: [
    ['spec', 'selector'],
    ['spec', 'clusterIP'],
    ['spec', 'clusterIPs'],
  ],
  Ingress: [],
  PodDisruptionBudget: [['spec', 'selector']],
}

const HINT = 'a variant changes settings; replicas, labels, selectors and names stay as they are'

const isPrefix = (short: Steps, long: Steps): boolean => short.every((step, at) => long[at] === step)

/** What a strategic-merge patch touches and may not, at the key that does it. */
export const forbiddenInBody = (
  kind: VariantKind,
  body: Readonly<Record<string, unknown>>,
  path: Path,
): Problem[] => {
  const problems: Problem[] = []
  const visit = (value: unknown, steps: Steps): void => {
    const here = [...path, ...steps]
    const rule = FORBIDDEN[kind].find((forbidden) => isPrefix(forbidden, steps))
    if (rule !== undefined) {
      problems.push(problem(here, `a variant may not change ${rule.join('.')}`, HINT, 'key'))
      return
    }
    const leads = [...ROOTS, ...FORBIDDEN[kind]].some((other) => isPrefix(steps, other))
    if (!leads) {
      if (!ROOTS.some((root) => isPrefix(root, steps))) {
        problems.push(problem(here, 'a variant may change spec and metadata.annotations only', HINT, 'key'))
      }
      return
    }
    if (!isMap(value)) {
      if (!isHarmless(kind, steps)) {
        problems.push(
          problem(here, `expected a map, got ${shown(value)}; it would take away all that is there`),
        )
      }
      return
    }
    for (const [key, child] of Object.entries(value)) {
      if (key.startsWith('$') && !isHarmless(kind, steps)) {
        problems.push(
          problem([...here, key], 'a directive here would also change what a variant may not', HINT, 'key'),
        )
      } else if (!key.startsWith('$')) visit(child, [...steps, key])
    }
  }
  if (Object.keys(body).length > 0) visit(body, [])
  return problems
}

/** Whether all below may be changed. */
const isHarmless = (kind: VariantKind, steps: Steps): boolean =>
  ROOTS.some((root) => isPrefix(root, steps)) &&
  !FORBIDDEN[kind].some((forbidden) => isPrefix(steps, forbidden))

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
      const pointer = operation[key]
      const steps = typeof pointer === 'string' ? stepsOf(pointer) : []
      const here = [...path, at, key]
      const rule = FORBIDDEN[kind].find(
        (forbidden) => isPrefix(forbidden, steps) || isPrefix(steps, forbidden),
      )
      if (rule !== undefined) return [problem(here, `a variant may not change ${rule.join('.')}`, HINT)]
      if (ROOTS.some((root) => isPrefix(root, steps))) return []
      return [problem(here, 'a variant may change /spec and /metadata/annotations only', HINT)]
    })
  })

/** RFC 6901. */
const stepsOf = (pointer: string): Steps =>
  pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
