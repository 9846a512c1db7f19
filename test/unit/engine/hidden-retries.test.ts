import { createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/kernel/random.ts'
import { booksBalance, closedLoad, engineConfig, getRequest, runEngine } from '../../support/engine-runs.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** Closes each connection at a random moment after its last answer: by FIN, or by RST where data may be under way. */
const startRacyServer = async (meanIdleMs: number) => {
  const random = seededRandom(11)
  const attempts = new Map<string, number>()
  let races = 0
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let timer: NodeJS.Timeout | undefined
    let text = ''
    socket.on('data', (chunk) => {
      clearTimeout(timer)
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const id = /x-request-id: (\S+)/i.exec(text)?.[1] ?? ''
        attempts.set(id, (attempts.get(id) ?? 0) + 1)
        text = text.slice(end + 4)
        socket.write(ANSWER)
      }
      timer = setTimeout(
        () => {
          races++
          if (random.next() < 0.5) socket.destroy()
          else socket.resetAndDestroy()
        },
        random.next() * 2 * meanIdleMs,
      )
    })
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(address !== null && typeof address === 'object' ? address.port : 0)
    })
  })
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}/`, attempts, races: () => races, close }
}

test.each(['GET', 'POST'])(
  'no %s is sent twice, however often the server closes a connection that is about to be used',
  async (method) => {
    const server = await startRacyServer(10)
    try {
      const requests = [getRequest({ method, body: method === 'POST' ? 'x' : null })]
      const load = closedLoad({ vus: 60, paceMs: 10, requests: 5_000 })
      const { counts, rows } = await runEngine(engineConfig(server.url, { load, requests }))
      expect(booksBalance(counts)).toBe(true)
      expect(server.races()).toBeGreaterThan(500)
      const ids = rows.map(({ requestId }) => `run7-${requestId}`)
      expect(new Set(ids).size).toBe(ids.length)
      expect([...server.attempts].filter(([, count]) => count > 1)).toEqual([])
      // Every answer that a row speaks of is one that the server gave; what it never read has failed, and is in the books.
      const unread = rows.filter(({ requestId }) => !server.attempts.has(`run7-${requestId}`))
      expect(
        unread.every(
          ({ kind, requestsOnConnection }) => ['closed', 'reset'].includes(kind) && requestsOnConnection > 0,
        ),
      ).toBe(true)
      expect(server.attempts.size + unread.length).toBe(rows.length)
      expect(counts.started).toBe(rows.length)
      if (process.env.ROLLPROOF_SHOW === '1') {
        const lost = rows.filter(({ outcome }) => outcome !== 'ok').length
        console.log(
          `${method}: ${rows.length} rows, ${server.races()} idle closes, ${lost} failed, ${unread.length} of them never read by the server, 0 repeated`,
        )
      }
    } finally {
      await server.close()
    }
  },
)
