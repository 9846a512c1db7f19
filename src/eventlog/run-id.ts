import { randomBytes } from 'node:crypto'

/** Crockford's base 32, lower case: no i, l, o, u. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'

const base32 = (value: number, length: number): string => {
  let text = ''
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32))
    text = (DIGITS[rest % 32] ?? '0') + text
  return text
}

/**
 * A run id such as `1n5g0k7-9x3qd`: seven digits of Unix seconds, so that ids sort by time (until the year 3058), and
 * 25 random bits from the system. Fits a label, an object name, a header and a folder name.
 */
export const createRunId = (epochMs: number, entropy: Uint8Array = randomBytes(4)): string => {
  const random = entropy.reduce((sum, byte) => (sum * 256 + byte) % 2 ** 32, 0)
  return `${base32(Math.floor(epochMs / 1000), 7)}-${base32(random % 2 ** 25, 5)}`
}
