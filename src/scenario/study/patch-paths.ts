import type { Variant, VariantPatch } from '../../model/variant.ts'
import { isMap } from '../is-map.ts'

/** Fields that a patch sets, takes away or looks at: `spec.template.spec.containers[web].lifecycle.preStop.sleep.seconds`. */
export const patchedPaths = (patch: VariantPatch): readonly string[] =>
  patch.type === 'strategic'
    ? leavesOf(patch.body, '')
    : patch.body.flatMap((operation) =>
        isMap(operation) && operation.op !== 'test' ? [String(operation.path)] : [],
      )

const leavesOf = (value: unknown, at: string): string[] => {
  if (isMap(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, child]) => leavesOf(child, at === '' ? key : `${at}.${key}`))
  }
  if (Array.isArray(value) && value.length > 0 && value.every((item) => isMap(item) && 'name' in item)) {
    return value.flatMap((item: Readonly<Record<string, unknown>>) => {
      const { name, ...rest } = item
      return leavesOf(rest, `${at}[${String(name)}]`)
    })
  }
  return [at]
}

/** Whether applying the variant replaces the pods: it touches the pod template. */
export const rollsPods = ({ patches }: Variant): boolean =>
  patches.some(
    (patch) =>
      patch.object.kind === 'Deployment' &&
      patchedPaths(patch).some((path) => /^(spec\.template($|[.[])|\/spec\/template(\/|$))/.test(path)),
  )
