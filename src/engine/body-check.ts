import { createHash, type Hash } from 'node:crypto'

/** Judges one body while it streams through: nothing is kept but what a match across two chunks needs. */
export interface BodyCheck {
  feed(chunk: Buffer): void
  /** `null` = as expected, else what was wrong. Call once, after the last chunk. */
  verdict(): string | null
}

const NOTHING = Buffer.alloc(0)

/** Looks for `contains`, and compares the SHA-256 (hex), where they are given. */
export const createBodyCheck = (contains: Buffer | null, sha256: string | null): BodyCheck => {
  const hash: Hash | null = sha256 === null ? null : createHash('sha256')
  let found = contains === null || contains.length === 0
  let tail = NOTHING
  return {
    feed: (chunk) => {
      hash?.update(chunk)
      if (found || contains === null) return
      const joined = tail.length === 0 ? chunk : Buffer.concat([tail, chunk])
      found = joined.includes(contains)
      const keep = Math.min(joined.length, contains.length - 1)
      tail = found || keep === 0 ? NOTHING : Buffer.from(joined.subarray(joined.length - keep))
    },
    verdict: () => {
      if (!found) return 'the body does not contain what was expected'
      if (hash !== null && hash.digest('hex') !== sha256) return 'the SHA-256 of the body is another one'
      return null
    },
  }
}
