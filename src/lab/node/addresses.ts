import { connect, createServer, type Server } from 'node:net'
import { HarnessError } from '../../kernel/errors.ts'
import type { Random } from '../../kernel/random.ts'

/** Hosts below 127.B.0.0 that are not pods. */
const OF_THE_LAB = { lock: 1, control: 2, node: 10, dns: 53, ingress: 80, nobody: 254 } as const
const PODS_PER_BLOCK = 250
const TRIES = 20

/** The lab's own corner of loopback, 127.B.0.0/16, and who is where in it. */
export interface Addresses {
  readonly control: string
  readonly dns: string
  readonly ingress: string
  /** Nothing ever listens here: a connect is refused. */
  readonly nobody: string
  /** `index` from 0. */
  node(index: number): string
  /** A new address for a pod; one that had been given is not given again before 30,000 others. */
  nextPod(nodeIndex: number): string
  release(): Promise<void>
}

const listen = (server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | null> =>
  new Promise((done) => {
    server.once('error', (error: NodeJS.ErrnoException) => done(error))
    server.listen({ host, port, exclusive: true }, () => done(null))
  })

const isSilent = (host: string, port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host, port })
    socket.once('connect', () => {
      socket.destroy()
      done(false)
    })
    socket.once('error', () => done(true))
  })

/**
 * Claims a block of loopback that no other lab has, by listening on its first address; `port` is the port of the
 * lab's pods, which nothing may hold on all addresses. Rejects (LAB_FAILED) where this machine has no addresses
 * but 127.0.0.1, or where something listens on `port` of every address.
 */
export const claimAddresses = async (random: Random, port: number): Promise<Addresses> => {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const block = 16 + random.below(224)
    const at = (third: number, fourth: number): string => `127.${block}.${third}.${fourth}`
    const lock = createServer((socket) => socket.destroy())
    const problem = await listen(lock, at(0, OF_THE_LAB.lock), port)
    if (problem?.code === 'EADDRNOTAVAIL')
      throw new HarnessError('LAB_FAILED', `this machine has no loopback address ${at(0, OF_THE_LAB.lock)}`, {
        hint: 'the lab needs a Linux machine or container: on others only 127.0.0.1 exists',
      })
    if (problem !== null) continue
    if (!(await isSilent(at(0, OF_THE_LAB.nobody), port))) {
      lock.close()
      throw new HarnessError('LAB_FAILED', `something listens on port ${port} of every address`, {
        hint: 'stop it, or give the lab another port',
      })
    }
    lock.unref()
    let pods = 0
    return {
      control: at(0, OF_THE_LAB.control),
      dns: at(0, OF_THE_LAB.dns),
      ingress: at(0, OF_THE_LAB.ingress),
      nobody: at(0, OF_THE_LAB.nobody),
      node: (index) => at(0, OF_THE_LAB.node + 1 + index),
      nextPod: (nodeIndex) => {
        const number = pods++
        const third = 1 + ((2 * Math.floor(number / PODS_PER_BLOCK)) % 250) + (nodeIndex % 2)
        return at(third, 1 + (number % PODS_PER_BLOCK))
      },
      release: () => new Promise((done) => lock.close(() => done())),
    }
  }
  throw new HarnessError('LAB_FAILED', `no free block of loopback addresses in ${TRIES} tries`, {
    hint: `is port ${port} taken on all addresses?`,
  })
}
