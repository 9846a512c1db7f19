import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import { inheritedEnvironment, killGroup, startRole } from '../role-process.ts'
import type { RunCommand } from './handlers.ts'

/** What the process said over IPC, with its own monotonic time. Only the sample app speaks. */
export interface AppMessage {
  readonly type: 'listening' | 'listener-closed' | 'sigterm'
  readonly atUs: number
}

export interface RunningProcess {
  /** `null` when it could not be started. */
  readonly pid: number | null
  /** `error`: why it could not be started. */
  readonly exited: Promise<{
    readonly exitCode: number
    readonly signal: number | null
    readonly error: string | null
  }>
  /** To the main process alone, as a container runtime does. */
  term(): void
  /** To everything that the container started. */
  kill(): void
}

export interface ProcessOptions {
  /** Empty = the sample app. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  readonly onMessage: (message: AppMessage) => void
}

const signalNumber = (signal: NodeJS.Signals | null): number | null =>
  signal === null ? null : (constants.signals[signal] ?? null)

/** A process group of its own: a SIGKILL reaches all, and the terminal's Ctrl-C none. */
export const startContainerProcess = ({
  command,
  env,
  logFile,
  onMessage,
}: ProcessOptions): RunningProcess => {
  const log = openSync(logFile, 'a')
  const [program, ...args] = command
  const child: ChildProcess =
    program === undefined
      ? startRole('lab-app', { stdio: ['ignore', log, log, 'ipc'], env, detached: true })
      : spawn(program, args, {
          stdio: ['ignore', log, log],
          env: { ...inheritedEnvironment(), ...env },
          detached: true,
        })
  closeSync(log)
  child.on('message', (message) => onMessage(message as AppMessage))
  const { pid } = child
  let alive = true
  const kill = (): void => {
    if (pid !== undefined && alive) killGroup(pid, 'SIGKILL')
  }
  return {
    pid: pid ?? null,
    exited: new Promise((done) => {
      child.once('error', (error) => {
        if (pid === undefined) done({ exitCode: 128, signal: null, error: error.message })
      })
      child.once('exit', (code, signal) => {
        // A PID namespace ends with its first process.
        if (program !== undefined) kill()
        alive = false
        const number = signalNumber(signal)
        done({ exitCode: code ?? 128 + (number ?? 0), signal: number, error: null })
      })
    }),
    term: () => {
      child.kill('SIGTERM')
    },
    kill,
  }
}

/** Runs commands of exec probes and hooks with the container's environment. */
export const commandRunner =
  (env: Readonly<Record<string, string>>): RunCommand =>
  (command, signal) =>
    new Promise((done) => {
      const [program, ...args] = command
      if (program === undefined) {
        done('no command')
        return
      }
      const child = spawn(program, args, {
        stdio: 'ignore',
        env: { ...inheritedEnvironment(), ...env },
        detached: true,
      })
      const abort = (): void => {
        if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL')
      }
      signal.addEventListener('abort', abort, { once: true })
      child.once('error', () => done(`exec: "${program}": executable file not found in $PATH`))
      child.once('exit', (code, killed) => {
        signal.removeEventListener('abort', abort)
        done(code ?? 128 + (signalNumber(killed) ?? 0))
      })
    })
