import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Clock, monotonicUs } from '../../kernel/clock.ts'
import type { TruthLog } from '../truth/truth-log.ts'
import type { AppSettings } from './app-config.ts'
import type { ConnectionTable } from './connection-table.ts'

/** One client connection of the sample app. */
export interface Connection {
  readonly socket: Socket
  readonly clientAddress: string
  readonly clientPort: number
  readonly viaProxy: boolean
  slot: number | null
  /** The answer that is being made; `null` = idle. */
  response: ServerResponse | null
  requestId: string | null
  /** The server has decided to close it, for this cause: what still comes in is dropped. */
  closing: 'A6' | 'D1' | null
  cancelIdle: () => void
}

/** All open connections: their idle time-outs, their lines in the table, and how they are closed. */
export interface Connections {
  opened(socket: Socket): void
  of(socket: Socket): Connection | null
  began(connection: Connection, response: ServerResponse, requestId: string | null): void
  /** The head of the answer is out, the body is not. */
  answering(connection: Connection): void
  ended(connection: Connection): void
  /** Drops a request unanswered: its connection was being closed. */
  drop(connection: Connection, requestId: string | null): void
  /** Closes what is idle, after the close race; resolves when that is done. */
  closeIdle(): Promise<void>
  /** From now on a request on an idle connection is dropped, but the connections stay open. */
  stopServing(): void
  readonly inFlight: number
  all(): Iterable<Connection>
}

export interface ConnectionsDeps {
  readonly clock: Clock
  readonly settings: AppSettings
  readonly table: ConnectionTable | null
  readonly truth: TruthLog
}

export const createConnections = (deps: ConnectionsDeps): Connections => {
  const { clock, settings, table, truth } = deps
  const open = new Map<Socket, Connection>()
  let inFlight = 0

  const note = (connection: Connection, state: 'idle' | 'in-flight' | 'answering'): void => {
    if (table === null) return
    const { clientAddress, clientPort, requestId } = connection
    const sinceUs = monotonicUs()
    connection.slot = table.put(connection.slot, { state, clientAddress, clientPort, sinceUs, requestId })
  }

  const told = (connection: Connection, requestId: string | null, mechanism: string): void => {
    if (connection.viaProxy) return
    truth.write({
      requestId,
      clientPort: connection.clientPort,
      remoteAddress: settings.host,
      atMonotonicUs: monotonicUs(),
      mechanism,
      pod: settings.podName,
      cause: connection.closing ?? 'A6',
    })
  }

  const close = (connection: Connection, cause: 'A6' | 'D1', why: string): void => {
    connection.closing = cause
    clock.after(settings.app.closeRaceMs, () => {
      if (!open.has(connection.socket)) return
      told(connection, null, why)
      connection.socket.destroy()
    })
  }

  const armIdle = (connection: Connection): void => {
    connection.cancelIdle = clock.after(settings.app.keepAliveMs, () =>
      close(connection, 'D1', 'idle connection closed by the server after its keep-alive time'),
    )
  }

  return {
    opened: (socket) => {
      const connection: Connection = {
        socket,
        clientAddress: socket.remoteAddress ?? '',
        clientPort: socket.remotePort ?? 0,
        viaProxy: settings.proxyAddresses.includes(socket.remoteAddress ?? ''),
        slot: null,
        response: null,
        requestId: null,
        closing: null,
        cancelIdle: () => {},
      }
      open.set(socket, connection)
      note(connection, 'idle')
      socket.once('close', () => {
        connection.cancelIdle()
        open.delete(socket)
        if (connection.response !== null) inFlight -= 1
        connection.response = null
        if (connection.slot !== null) table?.free(connection.slot)
        connection.slot = null
      })
    },
    of: (socket) => open.get(socket) ?? null,
    began: (connection, response, requestId) => {
      connection.cancelIdle()
      connection.response = response
      connection.requestId = requestId
      inFlight += 1
      note(connection, 'in-flight')
    },
    answering: (connection) => note(connection, 'answering'),
    ended: (connection) => {
      if (connection.response === null) return
      connection.response = null
      connection.requestId = null
      inFlight -= 1
      if (!open.has(connection.socket)) return
      note(connection, 'idle')
      armIdle(connection)
    },
    drop: (connection, requestId) => {
      told(connection, requestId, 'request on a kept-alive connection that the server was closing')
      connection.socket.destroy()
    },
    closeIdle: async () => {
      for (const connection of open.values())
        if (connection.response === null)
          close(connection, 'A6', 'idle connection closed by the ending server')
      await clock.sleepMs(settings.app.closeRaceMs)
    },
    stopServing: () => {
      for (const connection of open.values()) if (connection.response === null) connection.closing = 'A6'
    },
    get inFlight() {
      return inFlight
    },
    all: () => open.values(),
  }
}
