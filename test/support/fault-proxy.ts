import { createServer, type IncomingMessage, request as plainRequest, type ServerResponse } from 'node:http'
import { type RequestOptions, request as tlsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'

/** What happens to one request: never sent on (`before`), or sent on and applied, and then (`after`). */
export const FAULTS = [
  'kill-before',
  'kill-after',
  'kill-answered',
  '500-before',
  '500-after',
  '404-before',
  '409-before',
  '409-after',
  'timeout-before',
  'timeout-after',
  'reset-before',
  'reset-after',
] as const
export type Fault = (typeof FAULTS)[number]

export interface PlannedFault {
  /** Which request, from 1, in the order of arrival. */
  readonly at: number
  readonly fault: Fault
  /** Kills the client, in a way that it cannot catch; resolves when it is gone. */
  readonly kill: () => Promise<void>
}

export interface FaultProxy {
  readonly url: string
  /** Starts to count anew, with another fault, or none. */
  plan(fault: PlannedFault | null): void
  /** Requests since, as `METHOD path`. */
  readonly seen: readonly string[]
  close(): Promise<void>
}

const HOLD_MS = 1_500

const STATUS: Readonly<Record<string, readonly [number, string]>> = {
  '500': [500, 'InternalError'],
  '404': [404, 'NotFound'],
  '409': [409, 'Conflict'],
}

/**
 * Stands before an API server (`credentials`: of one behind TLS), takes plain HTTP and does to one request what was planned.
 * Watches are not passed through.
 */
export const startFaultProxy = async (
  upstream: string,
  credentials: RequestOptions = {},
): Promise<FaultProxy> => {
  const target = new URL(upstream)
  const request = target.protocol === 'https:' ? tlsRequest : plainRequest
  let planned: PlannedFault | null = null
  let seen: string[] = []

  const forward = (incoming: IncomingMessage, body: Buffer) =>
    new Promise<{
      readonly status: number
      readonly headers: IncomingMessage['headers']
      readonly body: Buffer
    }>((resolve, reject) => {
      const onward = request(
        {
          host: target.hostname,
          port: target.port,
          method: incoming.method,
          path: incoming.url,
          ...credentials,
          headers: { ...incoming.headers, ...credentials.headers, host: target.host },
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
          )
          answer.on('error', reject)
        },
      )
      onward.on('error', reject)
      onward.end(body)
    })

  const refuse = (outgoing: ServerResponse, kind: string): void => {
    const [code, reason] = STATUS[kind] ?? [500, 'InternalError']
    outgoing.writeHead(code, { 'content-type': 'application/json' })
    outgoing.end(JSON.stringify({ kind: 'Status', code, reason, message: `planned ${code}` }))
  }

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): Promise<void> => {
    seen.push(`${incoming.method} ${incoming.url}`)
    const plan = planned?.at === seen.length ? planned : null
    const [kind = '', when = ''] = plan?.fault.split('-') ?? []
    const isSent = plan === null || when !== 'before'
    const given = isSent ? await forward(incoming, body) : null
    if (plan !== null && kind === 'kill' && when !== 'answered') {
      await plan.kill()
      outgoing.destroy()
    } else if (kind === 'timeout') {
      // The client's own limit comes first where it is shorter.
      const timer = setTimeout(() => outgoing.destroy(), HOLD_MS)
      outgoing.on('close', () => clearTimeout(timer))
    } else if (kind === 'reset') {
      outgoing.destroy()
    } else if (STATUS[kind] !== undefined) {
      refuse(outgoing, kind)
    } else if (given !== null) {
      outgoing.writeHead(given.status, given.headers)
      outgoing.end(given.body, () => {
        if (plan !== null) void plan.kill()
      })
    }
  }

  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('error', () => outgoing.destroy())
    incoming.on('end', () => {
      answer(incoming, outgoing, Buffer.concat(chunks)).catch(() => outgoing.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    plan: (fault) => {
      planned = fault
      seen = []
    },
    get seen() {
      return seen
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
