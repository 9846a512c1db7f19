import { createServer, type Socket } from 'node:net'

/** A server on our own loopback that answers every request at once: what fails here is our own machine (H5). */
export interface EchoServer {
  readonly url: string
  close(): void
}

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nok\n')
const END_OF_HEAD = Buffer.from('\r\n\r\n')

/** Answers requests without a body; listens on 127.0.0.1 at a free port, in the thread that calls. */
export const startEchoServer = (): Promise<EchoServer> =>
  new Promise((resolve, reject) => {
    const sockets = new Set<Socket>()
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket)
      let tail: Buffer = Buffer.alloc(0)
      socket.on('data', (chunk) => {
        const bytes = tail.length === 0 ? chunk : Buffer.concat([tail, chunk])
        let from = 0
        for (let at = bytes.indexOf(END_OF_HEAD); at >= 0; at = bytes.indexOf(END_OF_HEAD, from)) {
          from = at + END_OF_HEAD.length
          socket.write(ANSWER)
        }
        tail = bytes.subarray(from)
      })
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    })
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') return
      server.unref()
      resolve({
        url: `http://127.0.0.1:${address.port}/`,
        close: () => {
          server.close()
          for (const socket of sockets) socket.destroy()
        },
      })
    })
  })
