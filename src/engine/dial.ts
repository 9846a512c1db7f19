import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { NameLookup } from './name-lookup.ts'

/** One connection, from the look-up of its address until it is gone. */
export interface Connection {
  readonly id: number
  stage: 'lookup' | 'connect' | 'handshake' | 'open'
  /** '' = unknown. */
  remoteAddress: string
  /** 0 = unknown. Taken while connecting: after a refused connect it is gone. */
  localPort: number
  /** When it could carry requests (after TLS), µs since the run started; −1 = never. */
  connectedUs: number
  /** Requests written on it so far. */
  requests: number
  /** End of its last answer, µs since the run started; −1 = none. */
  lastEndUs: number
  /** The pod that last answered on it; '' = unknown. */
  pod: string
  /** The socket's error: seen here even where the HTTP client takes a cut body for a complete one. */
  broken: Error | null
}

export const newConnection = (id: number): Connection => ({
  id,
  stage: 'lookup',
  remoteAddress: '',
  localPort: 0,
  connectedUs: -1,
  requests: 0,
  lastEndUs: -1,
  pod: '',
  broken: null,
})

/** Where to connect to. */
export interface DialTarget {
  readonly secure: boolean
  /** Name or IP, without brackets. */
  readonly host: string
  readonly port: number
  /** TLS certificates are not checked. */
  readonly insecure: boolean
}

/** Reads the target of an http: or https: URL. */
export const dialTargetOf = (url: string, insecure: boolean): DialTarget => {
  const { protocol, hostname, port } = new URL(url)
  const secure = protocol === 'https:'
  return {
    secure,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    insecure,
  }
}

/**
 * Opens one connection and calls back once: with the socket, or with the error of the stage that
 * `connection.stage` then names. Addresses are not tried in turn: one address, one attempt, so that a dead address
 * is seen. Returns a function that gives up, with its reason.
 */
export const dial = (
  target: DialTarget,
  serverName: string,
  names: NameLookup,
  connection: Connection,
  nowUs: () => number,
  onDone: (error: Error | null, socket: Socket | null) => void,
): ((reason: Error) => void) => {
  let settled = false
  let socket: Socket | null = null

  const settle = (error: Error | null): void => {
    if (settled) return
    settled = true
    if (error === null) {
      connection.stage = 'open'
      connection.connectedUs = nowUs()
      onDone(null, socket)
    } else {
      socket?.destroy()
      onDone(error, null)
    }
  }

  const open = (address: string): void => {
    connection.remoteAddress = address
    connection.stage = 'connect'
    const options = { host: address, port: target.port, autoSelectFamily: false }
    socket = target.secure
      ? connectTls({
          ...options,
          servername: isIP(serverName) === 0 ? serverName : '',
          ALPNProtocols: ['http/1.1'],
          rejectUnauthorized: !target.insecure,
        })
      : connectTcp(options)
    const opened = socket
    opened.setNoDelay(true)
    opened.once('connectionAttempt', () => {
      // The port is there once the system call was made, right after this event.
      queueMicrotask(() => {
        connection.localPort = opened.localPort ?? 0
      })
    })
    opened.on('error', (error: Error) => {
      connection.broken = error
      settle(error)
    })
    opened.once('close', () => settle(CLOSED_WHILE_CONNECTING))
    opened.once('connect', () => {
      if (target.secure) connection.stage = 'handshake'
      else settle(null)
    })
    if (target.secure) opened.once('secureConnect', () => settle(null))
  }

  names.find(target.host, (error, address) => {
    if (settled) return
    if (error === null) open(address)
    else settle(error)
  })
  return settle
}

const CLOSED_WHILE_CONNECTING = Object.assign(new Error('closed while connecting'), {
  code: 'ECONNRESET',
  syscall: 'connect',
})
