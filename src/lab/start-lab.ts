import { createInterface } from 'node:readline'
import { systemClock } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { LabConfig, LabInfo } from './lab-config.ts'
import type { LabAnswer } from './lab-protocol.ts'
import { startRole } from './role-process.ts'

/** Longer than the lab itself waits for its application. */
const START_TIMEOUT_MS = 90_000
const STOP_TIMEOUT_MS = 10_000

/** A lab that runs in a process of its own. */
export interface Lab extends LabInfo {
  readonly info: LabInfo
  readonly pid: number
  /** Resolves when the lab has ended, by itself or not. */
  readonly exited: Promise<void>
  /** Ends the lab and everything it started. Safe to call twice. */
  stop(): Promise<void>
}

export interface StartLabOptions {
  /** Gives up the start. A lab that is up is ended by `stop` only. */
  readonly signal?: AbortSignal
}

/**
 * Starts the lab and waits until its application is served on every path. Rejects with LAB_FAILED (also USAGE for an
 * injection that makes no sense, INTERRUPTED when the signal aborts first); nothing is left running then. The lab
 * also ends when this process does, however that happens.
 */
export const startLab = async (config: LabConfig, { signal }: StartLabOptions = {}): Promise<Lab> => {
  const givenUp = (): HarnessError => new HarnessError('INTERRUPTED', 'the start of the lab was given up')
  const isGivenUp = (): boolean => signal?.aborted ?? false
  if (isGivenUp()) throw givenUp()
  const child = startRole('lab', { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  const { stdin, stdout, pid } = child
  const exited = new Promise<void>((done) => {
    child.once('exit', () => done())
    child.once('error', () => done())
  })
  if (stdin === null || stdout === null || pid === undefined)
    throw new HarnessError('LAB_FAILED', 'the lab could not be started')
  stdin.on('error', () => {})
  stdin.write(`${JSON.stringify(config)}\n`)

  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    stdin.end()
    const cancel = systemClock.after(STOP_TIMEOUT_MS, () => child.kill('SIGKILL'))
    await exited
    cancel()
  }
  const answered = new Promise<string>((done, fail) => {
    const lines = createInterface({ input: stdout })
    lines.once('line', done)
    lines.once('close', () => fail(new HarnessError('LAB_FAILED', 'the lab ended before it was up')))
    signal?.addEventListener('abort', () => fail(givenUp()), { once: true })
    systemClock.after(START_TIMEOUT_MS, () =>
      fail(new HarnessError('LAB_FAILED', `the lab was not up within ${START_TIMEOUT_MS / 1000} s`)),
    )
  })
  try {
    const answer = JSON.parse(await answered) as LabAnswer
    if (!answer.ok)
      throw new HarnessError(answer.code, answer.message, answer.hint === null ? {} : { hint: answer.hint })
    return { ...answer.info, info: answer.info, pid, exited, stop }
  } catch (error) {
    await stop()
    throw isGivenUp() ? givenUp() : error
  }
}
