import { createServer } from 'node:http'

/** Answers every request with 200; a target that no rollout touches. Rejects when it cannot listen. */
export const startControlServer = async (
  host: string,
  port: number,
): Promise<{ readonly close: () => Promise<void> }> => {
  const body = Buffer.from('{"control":true}\n')
  const server = createServer({ noDelay: true }, (request, response) => {
    request.resume()
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      'X-Pod': 'control',
    })
    response.end(body)
  })
  server.keepAliveTimeout = 75_000
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen({ host, port }, () => {
      server.off('error', fail)
      done()
    })
  })
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
