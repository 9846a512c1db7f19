import { Agent, get } from 'node:http'
import { systemClock as clock } from '../../../src/kernel/clock.ts'

/** A request of the witness that was not answered with 200. Unix ms. */
export interface Dropped {
  readonly startedAtMs: number
  readonly how: string
}

export interface Witness {
  readonly dropped: readonly Dropped[]
  readonly sent: number
  /** Sends nothing more, and waits for what is under way. */
  stop(): Promise<void>
}

const EVERY_MS = 50
const TIMEOUT_MS = 3000

const ask = (url: string, agent: Agent | false): Promise<string | null> =>
  new Promise((resolve) => {
    const request = get(url, { agent, timeout: TIMEOUT_MS }, (answer) => {
      answer.resume()
      answer.once('error', (error) => resolve(error.message))
      answer.once('end', () => resolve(answer.statusCode === 200 ? null : `status ${answer.statusCode}`))
    })
    request.once('timeout', () => request.destroy(new Error('time-out')))
    request.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })

/**
 * Asks a target twenty times a second, in turn on a new connection and on kept-alive ones, with none of the program
 * under test: what the application really dropped.
 */
export const startWitness = (url: string): Witness => {
  const kept = new Agent({ keepAlive: true, maxSockets: 4 })
  const dropped: Dropped[] = []
  const open = new Set<Promise<void>>()
  let sent = 0
  const stop = clock.every(EVERY_MS, () => {
    const startedAtMs = Date.now()
    const asking = ask(url, ++sent % 2 === 0 ? kept : false).then((how) => {
      open.delete(asking)
      if (how !== null) dropped.push({ startedAtMs, how })
    })
    open.add(asking)
  })
  return {
    dropped,
    get sent() {
      return sent
    },
    stop: async () => {
      stop()
      await Promise.all(open)
      kept.destroy()
    },
  }
}

/** Whether some requests in a row on new connections are all answered. */
export const answersWell = async (url: string, requests: number): Promise<boolean> => {
  const answers = await Promise.all(Array.from({ length: requests }, () => ask(url, false)))
  return answers.every((how) => how === null)
}
