import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** The built program; `npm test` builds it first. */
export const CLI = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url))

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCli {
  readonly child: ChildProcess
  /** Resolves when stdout or stderr has shown this text. */
  shown(text: string): Promise<void>
  readonly result: Promise<CliResult>
}

/** What a recorded test run (write-ledger.ts) gives to each process; nothing otherwise. */
const recording = (): Record<string, string> => {
  const { NODE_OPTIONS, ROLLPROOF_WRITE_LEDGER } = process.env
  return NODE_OPTIONS === undefined || ROLLPROOF_WRITE_LEDGER === undefined
    ? {}
    : { NODE_OPTIONS, ROLLPROOF_WRITE_LEDGER }
}

/** Starts the program as a user would, with an environment of its own. */
export const startCli = (
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): RunningCli => {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...recording(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const waiting: { readonly text: string; readonly resolve: () => void }[] = []
  const look = (): void => {
    for (const { text, resolve } of waiting) if (`${stdout}${stderr}`.includes(text)) resolve()
  }
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    look()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    look()
  })
  const result = new Promise<CliResult>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return {
    child,
    shown: (text) =>
      Promise.race([
        new Promise<void>((resolve) => {
          waiting.push({ text, resolve })
          look()
        }),
        result.then(({ code }) => {
          throw new Error(
            `ended with ${code} before it showed ${JSON.stringify(text)}:\n${stdout}\n${stderr}`,
          )
        }),
      ]),
    result,
  }
}

/** Runs the program to its end. */
export const runCli = (...parameters: Parameters<typeof startCli>): Promise<CliResult> =>
  startCli(...parameters).result

/** A server that answers 200 with its pod's name, and counts. */
export const startTarget = async (): Promise<{
  readonly url: string
  readonly seen: () => number
  close(): Promise<void>
}> => {
  let seen = 0
  const server: Server = createServer((_request, response) => {
    seen += 1
    response.writeHead(200, { 'content-type': 'text/plain', 'x-pod': 'web-1' })
    response.end('ok\n')
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    seen: () => seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
