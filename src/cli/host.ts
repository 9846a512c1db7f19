import { createInterface } from 'node:readline/promises'

export interface Output {
  /** Resolves when the text was taken; a closed pipe is no error (the reader had enough). */
  write(text: string): Promise<void>
  readonly isTTY: boolean
  /** Width of the terminal; 100 where there is none. */
  columns(): number
  /** Height of the terminal; 24 where there is none. */
  rows(): number
  readonly stream: NodeJS.WriteStream
}

export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** The door to the process: the only file that names it. Commands get a Host, so that tests can give another. */
export interface Host {
  /** How the program was called: `rollproof`, or `kubectl rollproof` as a plug-in of kubectl. */
  readonly program: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdout: Output
  readonly stderr: Output
  /** Asks on the terminal; `null` when there is none. */
  question(prompt: string): Promise<string | null>
  /** Calls back on each signal that asks the program to end. The returned function ends that. */
  onSignal(handler: (signal: Signal) => void): () => void
  /** Whether a person can be asked. */
  readonly isInteractive: boolean
  /** Ends the process at once: for a second signal. */
  exitNow(code: number): never
  readonly platform: { readonly node: string; readonly os: string; readonly pid: number }
}

/** Width where there is no terminal: wide enough for CI logs. */
const PIPED_COLUMNS = 100

const outputOf = (stream: NodeJS.WriteStream): Output => {
  let closed = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED' && error.code !== 'EIO') throw error
    closed = true
  })
  return {
    write: (text) =>
      new Promise((resolve) => {
        if (closed || stream.destroyed) resolve()
        else stream.write(text, () => resolve())
      }),
    isTTY: stream.isTTY === true,
    columns: () => (stream.isTTY ? stream.columns || 80 : PIPED_COLUMNS),
    rows: () => (stream.isTTY ? stream.rows || 24 : 24),
    stream,
  }
}

const SIGNALS: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** kubectl runs the plug-in `kubectl-rollproof` (`.exe`, `.cmd` on Windows) for `kubectl rollproof`. */
export const programName = (path: string | undefined): string =>
  /(^|[/\\])kubectl-rollproof(\.\w+)?$/.test(path ?? '') ? 'kubectl rollproof' : 'rollproof'

export const processHost = (): Host => ({
  program: programName(process.argv[1]),
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  question: async (prompt) => {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return null
    const lines = createInterface({ input: process.stdin, output: process.stderr })
    try {
      return await lines.question(prompt)
    } finally {
      lines.close()
    }
  },
  onSignal: (handler) => {
    const listeners = SIGNALS.map((signal) => {
      const listener = (): void => handler(signal)
      process.on(signal, listener)
      return () => process.off(signal, listener)
    })
    return () => {
      for (const remove of listeners) remove()
    }
  },
  isInteractive: process.stdin.isTTY === true && process.stderr.isTTY === true,
  exitNow: (code) => process.exit(code),
  platform: { node: process.version, os: `${process.platform} ${process.arch}`, pid: process.pid },
})
