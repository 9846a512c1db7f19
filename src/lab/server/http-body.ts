import type { IncomingMessage } from 'node:http'
import { ApiError, badRequest, unsupportedMediaType } from './api-error.ts'
import { decodeProtobuf, PROTOBUF_TYPE } from './protobuf.ts'

/** etcd's limit for a request, which the API server enforces: 3 MiB. */
const MAX_BYTES = 3 * 1024 * 1024

/** The content type without parameters, in small letters; `''` when there is none. */
export const contentTypeOf = ({ headers }: IncomingMessage): string =>
  (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

const readBytes = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const part = Buffer.from(chunk)
    bytes += part.length
    if (bytes > MAX_BYTES)
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BYTES}`)
    chunks.push(part)
  }
  return Buffer.concat(chunks)
}

/** The request's body as a JSON value (also from protobuf); `null` without a body. Throws 400, 413 and 415. */
export const readJson = async (request: IncomingMessage): Promise<unknown> => {
  const bytes = await readBytes(request)
  const type = contentTypeOf(request)
  if (type === PROTOBUF_TYPE && bytes.length > 0) return decodeProtobuf(bytes)
  const text = bytes.toString('utf8')
  if (text.trim() === '') return null
  if (type !== '' && type !== 'application/json' && !type.endsWith('+json'))
    throw unsupportedMediaType('application/json')
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw badRequest(
      `the object provided is unrecognized: couldn't get version/kind; json parse error: ${message}`,
    )
  }
}
