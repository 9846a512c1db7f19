import type { Socket } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { GOOD_BODY, POD_NAME, type WireFault } from './faults.ts'

const head = (status: string, headers: readonly string[]): string =>
  [`HTTP/1.1 ${status}`, ...headers, '', ''].join('\r\n')

const whole = (status: string, headers: readonly string[], body: string): string =>
  head(status, [...headers, `content-length: ${body.length}`]) + body

const GOOD = Buffer.from(whole('200 OK', [`x-pod: ${POD_NAME}`], GOOD_BODY))
const WRONG = whole('200 OK', [`x-pod: ${POD_NAME}`], 'maintenance\n')
const BAD_GATEWAY = whole(
  '502 Bad Gateway',
  ['server: nginx', 'content-type: text/html'],
  '<h1>502 Bad Gateway</h1>\n',
)
const UNAVAILABLE = whole('503 Service Unavailable', [`x-pod: ${POD_NAME}`], 'draining\n')
const LENGTH_HEAD = head('200 OK', [`x-pod: ${POD_NAME}`, 'content-length: 1024'])
const CHUNKED_HEAD = head('200 OK', [`x-pod: ${POD_NAME}`, 'transfer-encoding: chunked'])
const PART = 'x'.repeat(300)
const CHUNK = `12c\r\n${PART}\r\n`
const STATUS_099 = whole('099 Too Low', [], 'x')
const HUGE_HEADER = head('200 OK', [`x-big: ${'x'.repeat(1024 * 1024)}`, 'content-length: 0'])
const MEGABYTE = Buffer.alloc(64 * 1024, 'x')
/** Between what was sent and the reset that follows, so that the other side can read it first. */
const SETTLE_MS = 5
const TRICKLE_MS = 300
const INTERIM_MS = 20

const repeat = (socket: Socket, clock: Clock, everyMs: number, text: string): void => {
  const stop = clock.every(everyMs, () => {
    if (!socket.destroyed) socket.write(text)
  })
  socket.once('close', stop)
}

const flood = (socket: Socket): void => {
  const more = (): void => {
    while (!socket.destroyed && socket.write(MEGABYTE));
  }
  socket.on('drain', more)
  more()
}

/** Writes `text`, and resets the connection once the other side could read it. */
const thenReset = (socket: Socket, clock: Clock, text: string): void => {
  socket.write(text, () => {
    clock.after(SETTLE_MS, () => socket.resetAndDestroy())
  })
}

/**
 * Answers one request: well, or with a fault's bytes. `before` requests came on this connection already; faults that
 * need a used connection let the first one pass.
 */
export const answerWith = (socket: Socket, fault: WireFault | null, before: number, clock: Clock): void => {
  switch (fault?.name) {
    case 'reset-before-answer':
      socket.resetAndDestroy()
      return
    case 'fin-before-answer':
      socket.end()
      return
    case 'reset-on-reused':
      if (before === 0) socket.write(GOOD)
      else socket.resetAndDestroy()
      return
    case 'fin-on-reused':
      if (before === 0) socket.write(GOOD)
      else socket.end()
      return
    case 'idle-closed':
      socket.end(GOOD)
      return
    case 'silence':
      return
    case 'head-then-silence':
      socket.write(LENGTH_HEAD)
      return
    case 'length-cut-by-fin':
      socket.end(LENGTH_HEAD + PART)
      return
    case 'length-cut-by-reset':
      thenReset(socket, clock, LENGTH_HEAD + PART)
      return
    case 'chunked-cut-by-fin':
      socket.end(CHUNKED_HEAD + CHUNK)
      return
    case 'chunked-cut-by-reset':
      thenReset(socket, clock, `${CHUNKED_HEAD}12c\r\n${PART.slice(1)}`)
      return
    case 'trickle':
      socket.write(`${LENGTH_HEAD}x`)
      repeat(socket, clock, TRICKLE_MS, 'x')
      return
    case 'endless-body':
      socket.write(head('200 OK', [`x-pod: ${POD_NAME}`, 'connection: close']))
      flood(socket)
      return
    case 'status-502-proxy':
      socket.write(BAD_GATEWAY)
      return
    case 'status-503-app':
      socket.write(UNAVAILABLE)
      return
    case 'wrong-body':
      socket.write(WRONG)
      return
    case 'garbage':
      socket.end('SSH-2.0-OpenSSH_9.6\r\n')
      return
    case 'bad-head':
      socket.end(socket.remotePort !== undefined && socket.remotePort % 2 === 0 ? STATUS_099 : HUGE_HEADER)
      return
    case 'endless-interim':
      socket.write('HTTP/1.1 103 Early Hints\r\n\r\n')
      repeat(socket, clock, INTERIM_MS, 'HTTP/1.1 103 Early Hints\r\n\r\n')
      return
    case 'bytes-after-answer':
      socket.write(`${GOOD.toString()}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nLEAK\n`)
      return
    default:
      socket.write(GOOD)
  }
}
