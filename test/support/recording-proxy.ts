import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RecordedRequest {
  readonly method: string
  /** Path without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly contentType: string
  readonly body: unknown
  readonly status: number
  /** When its last byte had come, ms of the machine's monotonic clock. */
  readonly atMs: number
}

export interface RecordingProxy {
  readonly url: string
  /** Every request that came through, in order of its answer. */
  readonly requests: readonly RecordedRequest[]
  close(): Promise<void>
}

/**
 * Passes every request on to an API server over plain HTTP and remembers it. Watches stream through. `admits` is asked for
 * each `Authorization`; others get 401, and are not remembered.
 */
export const startRecordingProxy = async (
  upstream: string,
  admits: (authorization: string | undefined) => boolean = () => true,
): Promise<RecordingProxy> => {
  const target = new URL(upstream)
  const prefix = target.pathname.replace(/\/$/, '')
  const requests: RecordedRequest[] = []

  const pass = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (!admits(incoming.headers.authorization)) {
      incoming.resume()
      outgoing.writeHead(401, { 'content-type': 'application/json' })
      outgoing.end('{"kind":"Status","message":"Unauthorized","reason":"Unauthorized","code":401}')
      return
    }
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://proxy')
      const atMs = performance.now()
      const onward = request(
        {
          host: target.hostname,
          port: target.port,
          method: incoming.method,
          path: prefix + incoming.url,
          headers: incoming.headers,
        },
        (answer) => {
          requests.push({
            method: incoming.method ?? '',
            path: pathname,
            query: searchParams,
            contentType: incoming.headers['content-type'] ?? '',
            body: body.length === 0 ? null : JSON.parse(body.toString()),
            status: answer.statusCode ?? 0,
            atMs,
          })
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          outgoing.flushHeaders()
          answer.pipe(outgoing)
          answer.on('error', () => outgoing.destroy())
        },
      )
      onward.on('error', () => outgoing.destroy())
      outgoing.on('close', () => onward.destroy())
      onward.end(body)
    })
    incoming.on('error', () => outgoing.destroy())
  }
  const server = createServer(pass)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
