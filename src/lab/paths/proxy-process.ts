import type { ChildProcess } from 'node:child_process'
import { HarnessError } from '../../kernel/errors.ts'
import type { FromProxyProcess } from './ingress-messages.ts'

/** A proxy of the lab that runs in a process of its own. */
export interface ProxyProcess<To> {
  send(message: To): void
  close(): Promise<void>
}

/**
 * Starts a proxy's process, sends it `first`, and waits until it listens. Rejects with LAB_FAILED when it cannot.
 * @param name for messages: `ingress`
 * @param onMessage what it tells later
 */
export const startProxyProcess = async <To extends object, From extends { readonly type: string }>(
  name: string,
  start: () => ChildProcess,
  first: To,
  onMessage: (message: Exclude<From, FromProxyProcess>) => void,
): Promise<ProxyProcess<To>> => {
  const child = start()
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  const send = (message: To): void => {
    if (child.connected) child.send(message)
  }
  const listening = new Promise<void>((done, fail) => {
    child.once('exit', (code) => fail(new HarnessError('LAB_FAILED', `the ${name} ended with code ${code}`)))
    child.on('message', (message: FromProxyProcess | Exclude<From, FromProxyProcess>) => {
      if (message.type === 'listening') done()
      else if (message.type === 'cannot-listen' && 'message' in message)
        fail(new HarnessError('LAB_FAILED', `the ${name} cannot listen: ${message.message}`))
      else onMessage(message as Exclude<From, FromProxyProcess>)
    })
  })
  send(first)
  try {
    await listening
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    send,
    close: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}
