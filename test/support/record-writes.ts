/*
 * Loaded before everything else into each process of a recorded test run (`--import`, see write-ledger.ts): appends every
 * request that this process hands to a socket in the program's name to the file that the variable names. It listens to
 * what undici says it sends, after all checks of ours, so that it sees writes that a faulty check lets through.
 */
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'

/** Names the file. */
const LEDGER = 'ROLLPROOF_WRITE_LEDGER'
/** How the program calls itself to an API server; its load has no name. */
const OURS = /^user-agent: rollproof\r$/im

interface Sent {
  readonly headers: string
  readonly request: {
    readonly origin: string
    readonly method: string
    readonly path: string
    readonly body: unknown
  }
}

const file = process.env[LEDGER]
if (file !== undefined) {
  subscribe('undici:client:sendHeaders', (message) => {
    const { headers, request } = message as Sent
    if (!OURS.test(headers)) return
    const { origin, method, path, body } = request
    const contentType = /^content-type: (.*)\r$/im.exec(headers)?.[1] ?? ''
    const text =
      body === null || body === undefined ? '' : Buffer.isBuffer(body) ? body.toString() : String(body)
    // One write of one line: lines of several processes do not mix.
    appendFileSync(
      file,
      `${JSON.stringify({ pid: process.pid, origin: String(origin), method, path, contentType, text })}\n`,
    )
  })
}
