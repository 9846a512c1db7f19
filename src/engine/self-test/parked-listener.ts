import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../kernel/clock.ts'

/** An address that takes no connection and refuses none: a connect to it ends by its deadline. */
export interface ParkedListener {
  readonly port: number
  close(): Promise<void>
}

/** Listens with a backlog of 1 and then sleeps for ever, so that nothing is ever accepted. */
const SLEEPING_LISTENER = `
const { createServer } = require('node:net')
const { parentPort, workerData } = require('node:worker_threads')
const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port)
  Atomics.wait(new Int32Array(workerData), 0, 0)
  server.close()
})
`
const FILLERS = 6
const FILL_MS = 40

/** Starts the listener in a thread of its own, and fills its backlog. */
export const startParkedListener = async (clock: Clock): Promise<ParkedListener> => {
  const gate = new SharedArrayBuffer(4)
  const thread = new Worker(SLEEPING_LISTENER, { eval: true, workerData: gate, name: 'parked-listener' })
  const port = await new Promise<number>((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
  })
  const fillers: Socket[] = Array.from({ length: FILLERS }, () => {
    const socket = connect({ port, host: '127.0.0.1', autoSelectFamily: false })
    socket.on('error', () => socket.destroy())
    return socket
  })
  await clock.sleepMs(FILL_MS)
  return {
    port,
    close: async () => {
      for (const socket of fillers) socket.destroy()
      Atomics.store(new Int32Array(gate), 0, 1)
      Atomics.notify(new Int32Array(gate), 0)
      await thread.terminate()
    },
  }
}
