import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Clock } from '../../kernel/clock.ts'
import { answerWith } from './answers.ts'
import { expiredCertificate } from './certificate.ts'
import type { WireFault } from './faults.ts'
import { startParkedListener } from './parked-listener.ts'

/** A request as the server read it: the other side's truth. */
export interface SeenRequest {
  /** Value of X-Request-Id; '' = none. */
  readonly id: string
  readonly path: string
  /** Requests read on this connection before. */
  readonly before: number
  /** Name of the fault it got; `null` = a good answer. */
  readonly fault: string | null
}

export interface FaultServer {
  /** Base URL where a fault of this place shows, without a path. */
  urlOf(place: WireFault['place']): string
  /** Connections that were reset as they were accepted. */
  readonly resets: number
  close(): Promise<void>
}

/** Decides what a request gets. `null` = a good answer. */
export type FaultPlan = (path: string, before: number, id: string) => WireFault | null

const HOST = '127.0.0.1'
const END_OF_HEAD = Buffer.from('\r\n\r\n')

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, HOST, () => {
      const address = server.address()
      if (address !== null && typeof address === 'object') resolve(address.port)
    })
  })

const headerIn = (head: string, name: string): string => {
  const match = new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(head)
  return match?.[1] ?? ''
}

/** Reads the requests of one connection in turn, and answers each as planned. */
const serve = (socket: Socket, plan: FaultPlan, clock: Clock, onSeen: (seen: SeenRequest) => void): void => {
  let unread: Buffer = Buffer.alloc(0)
  let before = 0
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    // What comes on a connection that this side has closed is read by nobody.
    if (socket.writableEnded) return
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk])
    for (;;) {
      const end = unread.indexOf(END_OF_HEAD)
      if (end < 0 || socket.writableEnded) return
      const head = unread.toString('latin1', 0, end)
      const total = end + END_OF_HEAD.length + Number(headerIn(head, 'content-length') || 0)
      if (unread.length < total) return
      unread = unread.subarray(total)
      const path = head.split(' ', 2)[1] ?? ''
      const id = headerIn(head, 'x-request-id')
      const fault = plan(path, before, id)
      onSeen({ id, path, before, fault: fault?.name ?? null })
      answerWith(socket, fault, before, clock)
      before++
    }
  })
}

/** A free port on which nothing listens. */
const closedPort = async (): Promise<number> => {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/**
 * Starts the built-in faulty server on loopback: one port per place of a fault. `onSeen` hears of every request that
 * was read, before it is answered.
 */
export const startFaultServer = async (
  plan: FaultPlan,
  clock: Clock,
  onSeen: (seen: SeenRequest) => void = () => {},
): Promise<FaultServer> => {
  const sockets = new Set<Socket>()
  const track = (socket: Socket): void => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  }
  let resets = 0
  const answering = createServer({ noDelay: true }, (socket) => {
    track(socket)
    serve(socket, plan, clock, onSeen)
  })
  const resetting = createServer({ pauseOnConnect: true }, (socket) => {
    resets++
    socket.on('error', () => {})
    socket.resetAndDestroy()
  })
  const secure = createTlsServer(expiredCertificate('rollproof.invalid'), (socket) => {
    track(socket)
    serve(socket, plan, clock, onSeen)
  })
  secure.on('connection', track)
  secure.on('tlsClientError', () => {})
  const parked = await startParkedListener(clock)
  const [answer, reset, tls, closed] = await Promise.all([
    listen(answering),
    listen(resetting),
    listen(secure),
    closedPort(),
  ])
  const urls: Record<WireFault['place'], string> = {
    answer: `http://${HOST}:${answer}`,
    'reset-on-accept': `http://${HOST}:${reset}`,
    tls: `https://${HOST}:${tls}`,
    'backlog-full': `http://${HOST}:${parked.port}`,
    'nothing-listens': `http://${HOST}:${closed}`,
  }
  return {
    urlOf: (place) => urls[place],
    get resets() {
      return resets
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      const servers = [answering, resetting, secure]
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
      await parked.close()
    },
  }
}
