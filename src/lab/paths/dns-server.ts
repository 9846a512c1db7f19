import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { readQuery, TYPE_A, writeAnswer } from './dns-message.ts'

/** Finds what picks the address of a name, anew for each A query; `null` = no such name. */
export type ResolveName = (name: string) => (() => string) | null

export interface DnsServer {
  /** `IP:PORT`. */
  readonly address: string
  close(): Promise<void>
}

/**
 * A DNS server over UDP on one loopback address. A queries get what `resolve` says, with TTL 0; other types of a
 * known name get an empty answer, unknown names NXDOMAIN, and what is no query is not answered. Rejects when the
 * socket cannot be bound.
 */
export const startDnsServer = async (host: string, resolve: ResolveName): Promise<DnsServer> => {
  const socket = createSocket('udp4')
  socket.on('message', (message, { address, port }) => {
    const query = readQuery(message)
    if (query === null) return
    const found = resolve(query.name)
    const answer =
      found === null
        ? writeAnswer(query, 'name-error')
        : writeAnswer(query, 'no-error', query.type === TYPE_A ? [found()] : [])
    socket.send(answer, port, address)
  })
  await new Promise<void>((done, fail) => {
    socket.once('error', fail)
    socket.bind({ address: host, port: 0 }, () => {
      socket.off('error', fail)
      done()
    })
  })
  socket.on('error', () => {})
  const { port }: AddressInfo = socket.address()
  return {
    address: `${host}:${port}`,
    close: () => new Promise((done) => socket.close(() => done())),
  }
}
