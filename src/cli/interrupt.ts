import { HarnessError, hasCode } from '../kernel/errors.ts'
import { EXIT } from './exit-code.ts'
import type { Host, Signal } from './host.ts'

export interface Interrupt {
  /** Aborts with INTERRUPTED at the first signal. */
  readonly signal: AbortSignal
  /** Exit code of the signal that came; `null` = none. */
  exitCode(): number | null
  /** No longer listens. */
  end(): void
}

const CODES: Readonly<Record<Signal, number>> = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: 129,
}

/** The first signal asks the run to stop, restore and report; a second one ends the process at once. */
export const watchInterrupts = (
  host: Host,
  what = 'stopping, then the report of what there is',
): Interrupt => {
  const controller = new AbortController()
  let first: Signal | null = null
  const end = host.onSignal((signal) => {
    if (first !== null) host.exitNow(CODES[first])
    first = signal
    void host.stderr.write(`\nrollproof: ${signal}: ${what} (again: stop at once)\n`)
    controller.abort(new HarnessError('INTERRUPTED', signal))
  })
  return { signal: controller.signal, exitCode: () => (first === null ? null : CODES[first]), end }
}

/**
 * A command's work that a signal may stop. Returns the signal's exit code when one came, else the work's own. What went wrong
 * is thrown all the same, also after a signal: only being stopped is no error.
 */
export const interruptible = async (
  host: Host,
  what: string | undefined,
  work: (interrupt: Interrupt) => Promise<number>,
): Promise<number> => {
  const interrupt = watchInterrupts(host, what)
  try {
    const code = await work(interrupt)
    return interrupt.exitCode() ?? code
  } catch (error) {
    const code = interrupt.exitCode()
    if (code !== null && hasCode(error, 'INTERRUPTED')) return code
    throw error
  } finally {
    interrupt.end()
  }
}
