/** Query types of RFC 1035 (A) and RFC 3596 (AAAA); other types come as their number. */
export const TYPE_A = 1
export const TYPE_AAAA = 28

export type ResponseCode = 'no-error' | 'form-error' | 'name-error' | 'not-implemented'

const RCODE: Readonly<Record<ResponseCode, number>> = {
  'no-error': 0,
  'form-error': 1,
  'name-error': 3,
  'not-implemented': 4,
}
const CLASS_IN = 1
const HEADER_BYTES = 12
const MOST_LABEL_BYTES = 63
const MOST_NAME_BYTES = 255

export interface DnsQuery {
  readonly id: number
  /** Lower case, without the dot at the end. */
  readonly name: string
  readonly type: number
  readonly recursionDesired: boolean
  /** The question as it came (with the client's letter case), to be sent back. */
  readonly question: Buffer
}

/**
 * Reads a query with one question of class IN; what follows the question (EDNS) is ignored. Returns `null` for
 * anything else: a response, another opcode, a compressed or overlong name, a message cut short.
 */
export const readQuery = (message: Buffer): DnsQuery | null => {
  if (message.length < HEADER_BYTES + 5) return null
  const flags = message.readUInt16BE(2)
  const isQuery = (flags & 0x8000) === 0 && (flags & 0x7800) === 0
  if (!isQuery || message.readUInt16BE(4) !== 1) return null
  const labels: string[] = []
  let at = HEADER_BYTES
  for (;;) {
    const length = message[at]
    if (length === undefined || length > MOST_LABEL_BYTES || at - HEADER_BYTES > MOST_NAME_BYTES) return null
    at += 1
    if (length === 0) break
    if (at + length > message.length) return null
    labels.push(message.toString('latin1', at, at + length).toLowerCase())
    at += length
  }
  if (at + 4 > message.length || message.readUInt16BE(at + 2) !== CLASS_IN) return null
  return {
    id: message.readUInt16BE(0),
    name: labels.join('.'),
    type: message.readUInt16BE(at),
    recursionDesired: (flags & 0x0100) !== 0,
    question: message.subarray(HEADER_BYTES, at + 4),
  }
}

/** The answer to a query: these IPv4 addresses as A records of TTL 0, or none (NOERROR without data, or an error). */
export const writeAnswer = (
  query: DnsQuery,
  code: ResponseCode,
  addresses: readonly string[] = [],
): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16BE(query.id, 0)
  // QR, AA, RD as asked, RA.
  header.writeUInt16BE(0x8480 | (query.recursionDesired ? 0x0100 : 0) | RCODE[code], 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(addresses.length, 6)
  const records = addresses.map((address) => {
    const record = Buffer.alloc(16)
    record.writeUInt16BE(0xc000 | HEADER_BYTES, 0)
    record.writeUInt16BE(TYPE_A, 2)
    record.writeUInt16BE(CLASS_IN, 4)
    record.writeUInt32BE(0, 6)
    record.writeUInt16BE(4, 10)
    address.split('.').forEach((part, index) => {
      record[12 + index] = Number(part)
    })
    return record
  })
  return Buffer.concat([header, query.question, ...records])
}
