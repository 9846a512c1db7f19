import { createServer } from 'node:net'

/**
 * The server of the benchmarks, in a process of its own: answers each request with 1 KiB at once, and prints its port.
 * One answer for each end of a head, so that it costs as little as it can.
 */
const body = Buffer.alloc(1024, 'x')
const answer = Buffer.concat([
  Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-pod: bench\r\ncontent-length: ${body.length}\r\n\r\n`,
  ),
  body,
])
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => {
    for (let at = chunk.indexOf('\r\n\r\n'); at >= 0; at = chunk.indexOf('\r\n\r\n', at + 4))
      socket.write(answer)
  })
  socket.on('error', () => socket.destroy())
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`)
})
process.once('disconnect', () => process.exit(0))
