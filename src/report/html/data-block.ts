import { deflateRawSync } from 'node:zlib'
import { jsonForScript } from '../escape.ts'
import type { PageData } from './page-data.ts'

/** Below this the data stays readable JSON; above, it is packed. Characters. */
const MOST_PLAIN = 400_000

/**
 * The data of the page as a data block that no browser runs: JSON without `<`, `>` and `&`, or, where that is long,
 * the same JSON as raw DEFLATE (RFC 1951) in base64, which the page unpacks with DecompressionStream.
 * @param mostPlain characters of JSON up to which it stays readable
 */
export const dataBlock = (data: PageData, mostPlain = MOST_PLAIN): string => {
  const json = jsonForScript(data)
  if (json.length <= mostPlain) return `<script type="application/json" id="data">${json}</script>`
  const packed = deflateRawSync(json, { level: 9 }).toString('base64')
  return `<script type="application/octet-stream" id="data">${packed}</script>`
}
