import { request } from 'node:http'
import { connect } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { messageOf } from '../../kernel/errors.ts'
import type { Handler } from './pod-spec.ts'

/** What came of a probe or a hook; `message` as the kubelet's events word it. */
export type HandlerResult = { readonly ok: true } | { readonly ok: false; readonly message: string }

/** Runs a command inside the pod's environment. Resolves with its exit code, or an error text when it cannot start. */
export type RunCommand = (command: readonly string[], signal: AbortSignal) => Promise<number | string>

export interface HandlerDeps {
  readonly clock: Clock
  readonly podIP: string
  readonly runCommand: RunCommand
}

const OK: HandlerResult = { ok: true }

const httpGet = (host: string, port: number, path: string, signal: AbortSignal): Promise<HandlerResult> =>
  new Promise((done) => {
    const url = `http://${host}:${port}${path}`
    const headers = { 'User-Agent': 'kube-probe/1.34', Connection: 'close' }
    const outgoing = request({ host, port, path, headers, agent: false, signal }, (response) => {
      const status = response.statusCode ?? 0
      response.resume()
      response.once('error', () => {})
      const good = status >= 200 && status < 400
      done(good ? OK : { ok: false, message: `HTTP probe failed with statuscode: ${status}` })
    })
    outgoing.on('error', (error) => {
      const why = signal.aborted ? 'context deadline exceeded' : error.message
      done({ ok: false, message: `Get "${url}": ${why}` })
    })
    outgoing.end()
  })

const tcpConnect = (host: string, port: number, signal: AbortSignal): Promise<HandlerResult> =>
  new Promise((done) => {
    const socket = connect({ host, port })
    const finish = (result: HandlerResult): void => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
      done(result)
    }
    const abort = (): void => finish({ ok: false, message: `dial tcp ${host}:${port}: i/o timeout` })
    signal.addEventListener('abort', abort, { once: true })
    socket.once('connect', () => finish(OK))
    socket.once('error', (error) =>
      finish({ ok: false, message: `dial tcp ${host}:${port}: ${error.message}` }),
    )
  })

/** Runs a handler until it has answered or `signal` aborts. Never rejects. */
export const runHandler = async (
  handler: Handler,
  deps: HandlerDeps,
  signal: AbortSignal,
): Promise<HandlerResult> => {
  switch (handler.kind) {
    case 'http':
      return httpGet(handler.host ?? deps.podIP, handler.port, handler.path, signal)
    case 'tcp':
      return tcpConnect(deps.podIP, handler.port, signal)
    case 'exec': {
      const result = await deps.runCommand(handler.command, signal)
      if (result === 0) return OK
      const words = handler.command.join(' ')
      return {
        ok: false,
        message: typeof result === 'string' ? result : `command '${words}' exited with ${result}`,
      }
    }
    case 'sleep':
      try {
        await deps.clock.sleepMs(handler.durationMs, signal)
        return OK
      } catch (error) {
        return { ok: false, message: messageOf(error) }
      }
  }
}
