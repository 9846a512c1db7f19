import { StoreError } from '../sim/store-error.ts'
import type { ResourceType } from './resource-types.ts'

export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field?: string
}

interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

/** An answer other than success: HTTP code, the API's reason, and a message worded as the API server words it. */
export class ApiError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: StatusDetails | null

  constructor(code: number, reason: string, message: string, details: StatusDetails | null = {}) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.reason = reason
    this.details = details
  }
}

/** The error as a Status object. */
export const statusOf = ({ code, reason, message, details }: ApiError) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  reason,
  ...(details !== null && { details }),
  code,
})

const about = (type: ResourceType, name: string): StatusDetails => ({
  name,
  ...(type.group !== '' && { group: type.group }),
  kind: type.plural,
})

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message, null)

export const noSuchPath = (): ApiError =>
  new ApiError(404, 'NotFound', 'the server could not find the requested resource')

export const notFound = (type: ResourceType, name: string): ApiError =>
  new ApiError(404, 'NotFound', `${type.storeName} "${name}" not found`, about(type, name))

export const methodNotAllowed = (): ApiError =>
  new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')

export const unsupportedMediaType = (accepted: string): ApiError =>
  new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
  )

export const conflict = (type: ResourceType, name: string, message: string): ApiError =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${type.storeName} "${name}": ${message}`,
    about(type, name),
  )

export const forbidden = (
  type: ResourceType,
  verb: string,
  namespace: string | null,
  name: string | null,
): ApiError => {
  const where = namespace === null ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const what = name === null ? type.storeName : `${type.storeName} "${name}"`
  const message = `${what} is forbidden: User "lab" cannot ${verb} resource "${type.plural}" in API group "${type.group}" ${where}`
  return new ApiError(403, 'Forbidden', message, about(type, name ?? ''))
}

/** 410: the version is no longer in the history. */
export const expired = (message: string): ApiError => new ApiError(410, 'Expired', message, null)

export const tooLargeVersion = (asked: number, current: number): ApiError =>
  new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })

/** 422 with every problem of the object, as field errors are printed. */
export const invalid = (
  kind: string,
  group: string,
  name: string,
  causes: readonly StatusCause[],
): ApiError => {
  const listed = causes.map(({ field, message }) => `${field}: ${message}`)
  const text = listed.length === 1 ? listed[0] : `[${listed.join(', ')}]`
  const title = group === '' ? kind : `${kind}.${group}`
  return new ApiError(422, 'Invalid', `${title} "${name}" is invalid: ${text}`, {
    name,
    ...(group !== '' && { group }),
    kind,
    causes,
  })
}

/** What the store refused, as the API says it; other errors as 500. */
export const toApiError = (error: unknown, type: ResourceType | null): ApiError => {
  if (error instanceof ApiError) return error
  if (error instanceof StoreError && type !== null) {
    if (error.code === 'Conflict') return conflict(type, error.objectName, error.message)
    if (error.code === 'NotFound') return notFound(type, error.objectName)
    return new ApiError(409, 'AlreadyExists', error.message, about(type, error.objectName))
  }
  const message = error instanceof Error ? error.message : String(error)
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ reason: 'InternalError', message }],
  })
}

/** The secret part of the URL is missing or wrong. */
export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized', null)
