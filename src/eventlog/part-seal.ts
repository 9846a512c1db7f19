import { crc32 } from 'node:zlib'
import { HarnessError } from '../kernel/errors.ts'

/**
 * A checksum inside the file that it is of. The footer of a part holds the key below with eight digits; the digits are
 * the CRC-32 of the whole file with zeros in their place. So a reader need not decode what a disk has damaged, which
 * could take for ever, and the file stays plain Parquet.
 */
export const SEAL_KEY = 'rollproof.crc32'
export const OPEN_SEAL = '00000000'
/** Thrift's field header and length between the key and its value. */
const BETWEEN_BYTES = 2

/** Where the eight digits stand; −1 when there is no seal. */
const sealAt = (bytes: Buffer): number => {
  const key = bytes.lastIndexOf(SEAL_KEY)
  const at = key + SEAL_KEY.length + BETWEEN_BYTES
  return key < 0 || at + OPEN_SEAL.length > bytes.length ? -1 : at
}

const digitsOf = (bytes: Buffer, at: number): string => {
  const before = crc32(bytes.subarray(0, at))
  const zeros = crc32(OPEN_SEAL, before)
  return crc32(bytes.subarray(at + OPEN_SEAL.length), zeros)
    .toString(16)
    .padStart(OPEN_SEAL.length, '0')
}

/** Puts the checksum into a file that was written with {@link OPEN_SEAL}; changes `file` itself. */
export const seal = (file: ArrayBuffer): ArrayBuffer => {
  const bytes = Buffer.from(file)
  const at = sealAt(bytes)
  if (at < 0) throw new HarnessError('INTERNAL', 'this part was written without a place for its checksum')
  bytes.write(digitsOf(bytes, at), at, 'latin1')
  return file
}

/** Throws a RangeError that says what is wrong: no checksum, or another one than the bytes have. */
export const checkSeal = (bytes: Buffer): void => {
  const at = sealAt(bytes)
  if (at < 0) throw new RangeError('it has no checksum')
  const written = bytes.toString('latin1', at, at + OPEN_SEAL.length)
  if (digitsOf(bytes, at) !== written) throw new RangeError('its checksum is wrong')
}
