import type { LabelSelector } from './types.ts'

type Labels = Readonly<Record<string, string>> | undefined

/** Whether labels fulfil one requirement of a selector. A key that is not there fulfils NotIn and DoesNotExist. */
export const fulfils = (
  labels: Labels,
  key: string,
  operator: string,
  values: readonly string[] = [],
): boolean => {
  const value = labels?.[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

/** Whether every label of `wanted` is there. An empty selection matches everything. */
export const hasLabels = (labels: Labels, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([key, value]) => labels?.[key] === value)

/** A `LabelSelector` against labels. The empty selector matches everything, no selector (`undefined`) nothing. */
export const matchesSelector = (selector: LabelSelector | undefined, labels: Labels): boolean =>
  selector !== undefined &&
  hasLabels(labels, selector.matchLabels ?? {}) &&
  (selector.matchExpressions ?? []).every(({ key, operator, values }) =>
    fulfils(labels, key, operator, values),
  )

const byText = (a: string, b: string): number => (a < b ? -1 : 1)

/** The selector as `kubectl` prints it: `app=web,tier in (a,b)`; `<none>` for an empty one. */
export const formatSelector = (selector: LabelSelector | undefined): string => {
  const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const set = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort(byText).join(',')})`
  })
  return [...equal.sort(byText), ...set].join(',') || '<none>'
}
