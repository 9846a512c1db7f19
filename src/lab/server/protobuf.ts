import { badRequest } from './api-error.ts'
import type { JsonObject } from './json-value.ts'
import { type Field, MESSAGES } from './protobuf-messages.ts'

/*
 * Reads the protobuf form of the few objects that stock kubectl sends that way (`create deployment|namespace|
 * configmap`, `auth can-i|whoami`). Answers are JSON: clients take either.
 */

export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf'

/** The four bytes before every object: "k8s" and a zero. */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00])

interface RawField {
  readonly number: number
  readonly value: bigint | Buffer
}

const readVarint = (bytes: Buffer, start: number): { readonly value: bigint; readonly next: number } => {
  let value = 0n
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i]
    if (byte === undefined) break
    value |= BigInt(byte & 0x7f) << BigInt(7 * i)
    if (byte < 0x80) return { value, next: start + i + 1 }
  }
  throw badRequest('the protobuf body ends in the middle of a number')
}

const readFields = (bytes: Buffer): readonly RawField[] => {
  const fields: RawField[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at)
    const number = Number(tag.value >> 3n)
    const wireType = Number(tag.value & 7n)
    const first = wireType === 0 || wireType === 2 ? readVarint(bytes, tag.next) : null
    if (first === null) throw badRequest(`protobuf wire type ${wireType} is not used by the API`)
    const end = wireType === 0 ? first.next : first.next + Number(first.value)
    if (end > bytes.length) throw badRequest('the protobuf body ends in the middle of a field')
    fields.push({ number, value: wireType === 0 ? first.value : bytes.subarray(first.next, end) })
    at = end
  }
  return fields
}

const textOf = ({ value }: RawField): string =>
  Buffer.isBuffer(value) ? value.toString('utf8') : value.toString()

const bytesOf = ({ value }: RawField): Buffer => (Buffer.isBuffer(value) ? value : Buffer.alloc(0))

const mapEntry = (raw: RawField): readonly [string, string] => {
  const [key, value] = [1, 2].map((number) =>
    readFields(bytesOf(raw)).find((field) => field.number === number),
  )
  return [key === undefined ? '' : textOf(key), value === undefined ? '' : textOf(value)]
}

const decodeValue = (field: Field, raw: RawField): unknown => {
  switch (field.type) {
    case 'string':
      return textOf(raw)
    case 'number':
      return typeof raw.value === 'bigint' ? Number(BigInt.asIntN(64, raw.value)) : 0
    case 'bool':
      return raw.value === 1n
    default:
      return decodeMessage(field.type, bytesOf(raw))
  }
}

/** IntOrString {type = 1, intVal = 2, strVal = 3}: a number, or a text when type is 1. */
const intOrString = (bytes: Buffer): string | number => {
  const fields = readFields(bytes)
  const at = (number: number): RawField | undefined => fields.find((field) => field.number === number)
  const text = at(3)
  if (at(1)?.value === 1n && text !== undefined) return textOf(text)
  const { value } = at(2) ?? { value: 0n }
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0
}

const decodeMessage = (name: string, bytes: Buffer): unknown => {
  if (name === 'IntOrString') return intOrString(bytes)
  const schema = MESSAGES[name]
  const result: JsonObject = {}
  for (const raw of readFields(bytes)) {
    const field = schema?.[raw.number]
    if (field === undefined) continue
    if (field.map === true) {
      const [key, value] = mapEntry(raw)
      result[field.name] = { ...(result[field.name] ?? {}), [key]: value }
      continue
    }
    const value = decodeValue(field, raw)
    if (field.list === true) {
      const list = result[field.name]
      result[field.name] = [...(Array.isArray(list) ? list : []), value]
    } else if (value !== '') result[field.name] = value
  }
  return result
}

/** runtime.Unknown in its envelope → the object as JSON. Throws BadRequest for kinds that the lab has no table for. */
export const decodeProtobuf = (body: Buffer): JsonObject => {
  if (!body.subarray(0, 4).equals(MAGIC)) throw badRequest('the protobuf body does not begin with "k8s"')
  const fields = readFields(body.subarray(4))
  const meta = fields.find(({ number }) => number === 1)
  const raw = fields.find(({ number }) => number === 2)
  const typeMeta = meta === undefined ? [] : readFields(bytesOf(meta))
  const [apiVersion, kind] = [1, 2].map((number) => {
    const found = typeMeta.find((field) => field.number === number)
    return found === undefined ? '' : textOf(found)
  })
  if (kind === undefined || MESSAGES[kind] === undefined)
    throw badRequest(`the lab does not read ${kind} as protobuf: send it as JSON (kubectl apply does)`)
  const decoded = raw === undefined ? {} : decodeMessage(kind, bytesOf(raw))
  return { apiVersion, kind, ...(decoded as JsonObject) }
}
