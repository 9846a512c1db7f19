import type { AccessAttributes } from '../../src/lab/server/access.ts'

export interface PolicyRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

/** Whether rules of a Role allow it, as Kubernetes' RBAC authorizer decides (no wildcards here: a Role of ours has none). */
export const allows = (rules: readonly PolicyRule[], attributes: AccessAttributes): boolean => {
  const { group, resource, subresource, verb, name } = attributes
  const wanted = subresource === '' ? resource : `${resource}/${subresource}`
  return rules.some(
    ({ apiGroups, resources, resourceNames, verbs }) =>
      apiGroups.includes(group) &&
      resources.includes(wanted) &&
      verbs.includes(verb) &&
      (resourceNames === undefined || resourceNames.includes(name)),
  )
}

/** The rules without one verb of one of them. */
export const without = (rules: readonly PolicyRule[], at: number, verb: string): readonly PolicyRule[] =>
  rules
    .map((rule, index) =>
      index === at ? { ...rule, verbs: rule.verbs.filter((other) => other !== verb) } : rule,
    )
    .filter(({ verbs }) => verbs.length > 0)
