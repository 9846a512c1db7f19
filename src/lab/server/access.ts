import { isObject, objectOr } from './json-value.ts'

/** What somebody wants to do, as the API's authorizers see it. */
export interface AccessAttributes {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

/** Says whether it is forbidden. The lab allows everything unless it is told otherwise. */
export type Forbids = (attributes: AccessAttributes) => boolean

const textIn = (object: Readonly<Record<string, unknown>>, key: string): string => {
  const value = object[key]
  return typeof value === 'string' ? value : ''
}

/** `POST selfsubjectaccessreviews`: the review with its answer. */
export const reviewAccess = (body: unknown, forbids: Forbids) => {
  const spec = objectOr(objectOr(body).spec)
  const asked = objectOr(spec.resourceAttributes)
  const forbidden =
    isObject(spec.resourceAttributes) &&
    forbids({
      verb: textIn(asked, 'verb'),
      group: textIn(asked, 'group'),
      resource: textIn(asked, 'resource'),
      subresource: textIn(asked, 'subresource'),
      namespace: textIn(asked, 'namespace'),
      name: textIn(asked, 'name'),
    })
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: { allowed: !forbidden, ...(forbidden && { reason: 'the lab was told to forbid it' }) },
  }
}

/** `POST selfsubjectreviews`: who the user is. */
export const reviewSubject = () => ({
  kind: 'SelfSubjectReview',
  apiVersion: 'authentication.k8s.io/v1',
  metadata: {},
  status: { userInfo: { username: 'lab', groups: ['system:masters', 'system:authenticated'] } },
})
