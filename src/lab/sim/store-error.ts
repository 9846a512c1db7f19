export type StoreErrorCode = 'NotFound' | 'AlreadyExists' | 'Conflict'

/** A refused write. `code` is the reason that the API gives for it. */
export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly resource: string
  readonly objectName: string

  constructor(code: StoreErrorCode, resource: string, objectName: string, message: string) {
    super(message)
    this.name = 'StoreError'
    this.code = code
    this.resource = resource
    this.objectName = objectName
  }
}
