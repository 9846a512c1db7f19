import { createInterface } from 'node:readline'
import { systemClock } from '../kernel/clock.ts'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import { startLabHere } from './lab.ts'
import type { LabConfig } from './lab-config.ts'
import { CONFIG_VARIABLE, type LabAnswer } from './lab-protocol.ts'

// The lab's process. Its configuration is the first line of stdin, or in the environment; its answer, the first
// line of stdout. It runs until SIGTERM, or the end of stdin: whoever started it is gone.
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
process.on('SIGINT', () => {})
process.stdout.on('error', () => stop.abort())

const write =
  (level: string) =>
  (fields: Readonly<Record<string, unknown>>, message: string): void => {
    process.stderr.write(`${JSON.stringify({ level, message, ...fields })}\n`)
  }
const log: Logger = { debug: () => {}, info: () => {}, warn: write('warn'), error: write('error') }

const lines = createInterface({ input: process.stdin })
lines.on('close', () => stop.abort())
const firstLine = (): Promise<string> =>
  new Promise((done, fail) => {
    lines.once('line', done)
    stop.signal.addEventListener('abort', () => fail(new HarnessError('LAB_FAILED', 'no configuration came')))
  })
const answer = (value: LabAnswer): Promise<void> =>
  new Promise((done) => process.stdout.write(`${JSON.stringify(value)}\n`, () => done()))
const stopped = new Promise<void>((done) => stop.signal.addEventListener('abort', () => done()))

try {
  const text = process.env[CONFIG_VARIABLE] ?? (await firstLine())
  const lab = await startLabHere(JSON.parse(text) as LabConfig, {
    clock: systemClock,
    log,
    signal: stop.signal,
  })
  if (!stop.signal.aborted) {
    await answer({ ok: true, info: lab.info })
    await stopped
  }
  await lab.stop()
  process.exit(0)
} catch (error) {
  const known = error instanceof HarnessError
  await answer({
    ok: false,
    code: known ? error.code : 'LAB_FAILED',
    message: messageOf(error),
    hint: known ? error.hint : null,
  })
  process.exit(3)
}
