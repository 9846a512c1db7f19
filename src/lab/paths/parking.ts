import type { ChildProcess } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { HarnessError } from '../../kernel/errors.ts'

/** Connections that a listen backlog of 1 takes before it is full (Linux: one more than asked for). */
const FILL = 2
const FILL_TIMEOUT_MS = 250

/** Addresses of pods that are gone: a connect to them times out, as packets into a removed network namespace do. */
export interface Parking {
  /** Takes the address over. Resolves when connects are no longer answered. */
  park(address: string): Promise<void>
  /** Gives the address back; connects are refused again. */
  free(address: string): void
  /** The process group is killed when the lab is. */
  watch(pid: number): void
  unwatch(pid: number): void
  /** The folder is removed when this ends, in whatever way. */
  removeAtEnd(folder: string): void
  close(): Promise<void>
}

const fill = (address: string, port: number): Promise<Socket> =>
  new Promise((done) => {
    const socket = connect({ host: address, port })
    socket.unref()
    socket.on('error', () => done(socket))
    socket.setTimeout(FILL_TIMEOUT_MS, () => done(socket))
    socket.once('connect', () => {
      socket.setTimeout(0)
      done(socket)
    })
  })

/**
 * Drives the parking process over its standard input. Rejects (LAB_FAILED) when it does not come up.
 */
export const startParking = async (start: () => ChildProcess, port: number): Promise<Parking> => {
  const child = start()
  const { stdin, stdout } = child
  if (stdin === null || stdout === null)
    throw new HarnessError('LAB_FAILED', 'the parking process has no pipes')
  const waiting = new Map<string, () => void>()
  const sockets = new Map<string, readonly Socket[]>()
  let text = ''
  let ended = false
  stdin.on('error', () => {})
  const exited = new Promise<void>((done) => {
    child.once('exit', () => {
      ended = true
      for (const settle of waiting.values()) settle()
      done()
    })
  })
  stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end)
      text = text.slice(end + 1)
      waiting.get(line.split(' ')[1] ?? line)?.()
    }
  })
  const answered = (key: string): Promise<void> =>
    new Promise((done) => {
      waiting.set(key, () => {
        waiting.delete(key)
        done()
      })
    })
  const say = (line: string): void => {
    if (!ended) stdin.write(`${line}\n`)
  }
  await answered('up')
  if (ended) throw new HarnessError('LAB_FAILED', 'the parking process did not start')

  return {
    park: async (address) => {
      if (ended || sockets.has(address)) return
      sockets.set(address, [])
      const parked = answered(address)
      say(`park ${address} ${port}`)
      await parked
      const filled = await Promise.all(Array.from({ length: FILL }, () => fill(address, port)))
      if (sockets.has(address)) sockets.set(address, filled)
      else for (const socket of filled) socket.destroy()
    },
    free: (address) => {
      const filled = sockets.get(address)
      if (filled === undefined) return
      sockets.delete(address)
      for (const socket of filled) socket.destroy()
      say(`free ${address}`)
    },
    watch: (pid) => say(`watch ${pid}`),
    unwatch: (pid) => say(`unwatch ${pid}`),
    removeAtEnd: (folder) => say(`remove ${folder}`),
    close: async () => {
      for (const address of [...sockets.keys()]) {
        for (const socket of sockets.get(address) ?? []) socket.destroy()
      }
      stdin.end()
      await exited
    },
  }
}
