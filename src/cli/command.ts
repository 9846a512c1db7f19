import type { Argv } from 'yargs'
import type { Host } from './host.ts'

/** Flags by their long name, as yargs parsed them; only those that were given. */
export type Flags = Readonly<Record<string, unknown>>

/** One command of the program. */
export interface Command {
  /** yargs usage: `run [scenario]`. */
  readonly usage: string
  readonly summary: string
  readonly flags: (cli: Argv) => Argv
  /** Returns the exit code; throws HarnessErrors. `defaults`: scenario keys of rollproof.yaml, as flags; they count below the scenario. */
  readonly run: (flags: Flags, host: Host, defaults: Flags) => Promise<number>
}
