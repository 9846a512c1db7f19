import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { programUrl, ROLE_VARIABLE, type Role } from '../kernel/program.ts'

export interface RoleProcessOptions {
  readonly stdio: StdioOptions
  /** Added to what every process of the lab gets. */
  readonly env?: Readonly<Record<string, string>>
  /** In a session of its own: what the terminal sends does not reach it. */
  readonly detached?: boolean
}

/** What a process of the lab inherits of our environment: where programs are, and nothing that may be secret. */
const INHERITED = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'NODE_COMPILE_CACHE',
  'JAVA_HOME',
] as const

/** {@link INHERITED} of our own environment. */
export const inheritedEnvironment = (): Record<string, string> => {
  const env: Record<string, string> = {}
  for (const name of INHERITED) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  return env
}

/**
 * The file to start for a role: `<role>.mjs` beside the bundle where the build made one (a pod's process then
 * takes 30 ms of CPU to start instead of 200), else the program itself.
 */
const fileOf = (role: Role): string => {
  const program = programUrl()
  const own = fileURLToPath(new URL(`./${role}.mjs`, program))
  return program.pathname.endsWith('.mjs') && existsSync(own) ? own : fileURLToPath(program)
}

/** Starts this program again in another role, with the Node that runs us. */
export const startRole = (role: Role, options: RoleProcessOptions): ChildProcess =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileOf(role)], {
    stdio: options.stdio,
    detached: options.detached ?? false,
    env: { ...inheritedEnvironment(), ...options.env, [ROLE_VARIABLE]: role },
  })

/** Sends a signal to a whole process group; a group that is gone is fine. */
export const killGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal)
  } catch {
    // It ended by itself.
  }
}
