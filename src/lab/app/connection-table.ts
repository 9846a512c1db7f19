import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

/** Bytes of one line of the table. */
const SLOT_BYTES = 160

/** An open connection: idle, with a request in flight, or with an answer whose head has been sent. */
export interface ConnectionState {
  readonly state: 'idle' | 'in-flight' | 'answering'
  readonly clientAddress: string
  readonly clientPort: number
  /** When the request came, or the connection fell idle; monotonic µs. */
  readonly sinceUs: number
  readonly requestId: string | null
}

/**
 * The open connections of a server in a file, one fixed-size line each, so that the lab can still read what was
 * in flight after the process was killed. A line is written in place: the file is as long as the most connections.
 */
export interface ConnectionTable {
  /** Writes the state into a line of its own, taken when `slot` is null. Returns the line. */
  put(slot: number | null, state: ConnectionState): number
  free(slot: number): void
  close(): void
}

/** One line; a request id that is too long for it is left out. */
const encode = (state: ConnectionState): string => {
  const { clientAddress, clientPort, requestId } = state
  const line = (id: string | null): string =>
    JSON.stringify([state.state, clientAddress, clientPort, Math.round(state.sinceUs), id])
  const text = line(requestId)
  return Buffer.byteLength(text) < SLOT_BYTES ? text : line(null)
}

export const openConnectionTable = (path: string): ConnectionTable => {
  const fd = openSync(path, 'w')
  const freeSlots: number[] = []
  const line = Buffer.alloc(SLOT_BYTES)
  let length = 0
  const write = (slot: number, text: string): void => {
    line.fill(0x20)
    line.write(text, 0, SLOT_BYTES - 1)
    line[SLOT_BYTES - 1] = 0x0a
    writeSync(fd, line, 0, SLOT_BYTES, slot * SLOT_BYTES)
  }
  return {
    put: (given, state) => {
      const slot = given ?? freeSlots.pop() ?? length++
      write(slot, encode(state))
      return slot
    },
    free: (slot) => {
      write(slot, '')
      freeSlots.push(slot)
    },
    close: () => closeSync(fd),
  }
}

const STATES = ['idle', 'in-flight', 'answering'] as const

const decode = (text: string): ConnectionState | null => {
  try {
    const parts: unknown = JSON.parse(text)
    if (!Array.isArray(parts)) return null
    const [name, clientAddress, clientPort, sinceUs, requestId]: unknown[] = parts
    const state = STATES.find((known) => known === name)
    if (state === undefined || typeof clientAddress !== 'string') return null
    return {
      state,
      clientAddress,
      clientPort: Number(clientPort),
      sinceUs: Number(sinceUs),
      requestId: typeof requestId === 'string' ? requestId : null,
    }
  } catch {
    return null
  }
}

/** The connections that were open when the process ended; empty when there is no table. */
export const readConnectionTable = (path: string): readonly ConnectionState[] => {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((text) => text.trim())
      .filter((text) => text !== '')
      .map(decode)
      .filter((state) => state !== null)
  } catch {
    return []
  }
}
