import { createServer, type Server } from 'node:net'
import { HarnessError } from '../../kernel/errors.ts'
import type { Random } from '../../kernel/random.ts'

/** Hosts below 127.B.0.0 that are not pods. */
const OF_THE_LAB = {
  lock: 1,
  control: 2,
  node: 10,
  dns: 53,
  ingress: 80,
  albApi: 90,
  alb: 91,
  nobody: 254,
} as const
const PODS_PER_BLOCK = 250
const TRIES = 20
/** Added to the port that was asked for, until one is free. */
const PORT_STEPS = [0, 1000, 10_000, 20_000] as const

/** The lab's own corner of loopback, 127.B.0.0/16, and who is where in it. */
export interface Addresses {
  /** Port of the lab's pods: the one asked for, or the next of PORT_STEPS where that is taken on all addresses. */
  readonly port: number
  readonly control: string
  readonly dns: string
  readonly ingress: string
  /** Where the load balancer tells of its targets. */
  readonly albApi: string
  /** Nothing ever listens here: a connect is refused. */
  readonly nobody: string
  /** `index` from 0. */
  node(index: number): string
  /** A node of the load balancer, `index` from 0. */
  albNode(index: number): string
  /** A new address for a pod; one that had been given is not given again before 30,000 others. */
  nextPod(nodeIndex: number): string
  release(): Promise<void>
}

const listen = (server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | null> =>
  new Promise((done) => {
    server.once('error', (error: NodeJS.ErrnoException) => done(error))
    server.listen({ host, port, exclusive: true }, () => done(null))
  })

/** Claims one block by listening on its first address; `null` when it is taken. */
const claimBlock = async (block: number, port: number): Promise<Addresses | null> => {
  const at = (third: number, fourth: number): string => `127.${block}.${third}.${fourth}`
  const lock = createServer((socket) => socket.destroy())
  const problem = await listen(lock, at(0, OF_THE_LAB.lock), port)
  if (problem?.code === 'EADDRNOTAVAIL')
    throw new HarnessError('LAB_FAILED', `this machine has no loopback address ${at(0, OF_THE_LAB.lock)}`, {
      hint: 'the lab needs a Linux machine or container: elsewhere only 127.0.0.1 exists',
    })
  if (problem?.code === 'EACCES')
    throw new HarnessError('LAB_FAILED', `port ${port} needs more rights`, {
      hint: 'give the lab another port',
    })
  if (problem !== null) return null
  lock.unref()
  let pods = 0
  return {
    port,
    control: at(0, OF_THE_LAB.control),
    dns: at(0, OF_THE_LAB.dns),
    ingress: at(0, OF_THE_LAB.ingress),
    albApi: at(0, OF_THE_LAB.albApi),
    nobody: at(0, OF_THE_LAB.nobody),
    albNode: (index) => at(0, OF_THE_LAB.alb + index),
    node: (index) => at(0, OF_THE_LAB.node + 1 + index),
    nextPod: (nodeIndex) => {
      const number = pods++
      const third = 1 + ((2 * Math.floor(number / PODS_PER_BLOCK)) % 250) + (nodeIndex % 2)
      return at(third, 1 + (number % PODS_PER_BLOCK))
    },
    release: () => new Promise((done) => lock.close(() => done())),
  }
}

/**
 * Claims a block of loopback that no other lab has. Rejects (LAB_FAILED) where this machine has no addresses but
 * 127.0.0.1, or no free block.
 */
export const claimAddresses = async (random: Random, wantedPort: number): Promise<Addresses> => {
  for (const step of PORT_STEPS) {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const claimed = await claimBlock(16 + random.below(224), wantedPort + step)
      if (claimed !== null) return claimed
    }
  }
  throw new HarnessError(
    'LAB_FAILED',
    `ports ${PORT_STEPS.map((step) => wantedPort + step).join(', ')} are taken`,
    {
      hint: 'give the lab another port',
    },
  )
}
