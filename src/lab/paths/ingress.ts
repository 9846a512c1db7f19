import type { ChildProcess } from 'node:child_process'
import { HarnessError } from '../../kernel/errors.ts'
import type { FromIngress, IngressSettings, ToIngress, Upstream } from './ingress-messages.ts'

/** The lab's side of the ingress process. */
export interface Ingress {
  setEndpoints(endpoints: readonly Upstream[]): void
  close(): Promise<void>
}

/** Starts the proxy and waits until it listens. Rejects with LAB_FAILED when it cannot. */
export const startIngress = async (
  start: () => ChildProcess,
  settings: IngressSettings,
  onMessage: (message: FromIngress) => void,
): Promise<Ingress> => {
  const child = start()
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  const send = (message: ToIngress): void => {
    if (child.connected) child.send(message)
  }
  const listening = new Promise<void>((done, fail) => {
    child.once('exit', (code) => fail(new HarnessError('LAB_FAILED', `the ingress ended with code ${code}`)))
    child.on('message', (message: FromIngress) => {
      if (message.type === 'listening') done()
      else if (message.type === 'cannot-listen')
        fail(new HarnessError('LAB_FAILED', `the ingress cannot listen: ${message.message}`))
      else onMessage(message)
    })
  })
  send({ type: 'start', ...settings })
  try {
    await listening
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    setEndpoints: (endpoints) => send({ type: 'endpoints', endpoints }),
    close: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}
