import { appendFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../../src/kernel/clock.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import {
  CHANGES,
  CODES,
  type InterruptBench,
  type Interrupted,
  type Interruption,
  startInterruptBench,
  writeOf,
} from '../../support/interrupted-change.ts'
import { tallyInterrupted, wrongOf } from '../../support/interrupted-tally.ts'

/** ROLLPROOF_SIGNALS=200 for a long session at random times as well. */
const SIGNALS = Number(process.env.ROLLPROOF_SIGNALS ?? 0)
const SEED = Number(process.env.ROLLPROOF_SEED ?? 1)
/** A file that gets a line for each. */
const LOG = process.env.ROLLPROOF_SIGNAL_LOG
const AT_ONCE = 3
const KINDS: readonly Interruption[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

let bench: InterruptBench
beforeAll(async () => {
  bench = await startInterruptBench()
})
afterAll(() => bench.stop())

test.concurrent.each([
  ['study', 'SIGINT'],
  ['measure', 'SIGTERM'],
  ['scale-down', 'SIGHUP'],
  ['image-change', 'SIGINT'],
] as const)(
  '%s, interrupted by %s while its change stands, puts it back before anything else',
  async (change, signal) => {
    const isApplied = async (requests: readonly Parameters<typeof writeOf>[0][]) =>
      requests.some((request) => writeOf(request) === 'apply')
    const ended = await bench.interrupt(`when-${change}`, change, signal, isApplied)
    expect(ended).toMatchObject({ code: CODES[signal], isOriginal: true, holder: null, lateChanges: 0 })
    expect(ended.wasRestoring || ended.restoreAfterMs !== null).toBe(true)
  },
)

const manySignals = (): void =>
  test(
    `${SIGNALS} signals at random times: what was changed is put back, with the right exit code`,
    async () => {
      /** Requests about the Deployment in a whole pass, by what is done. */
      const whole = new Map<string, number>()
      for (const change of CHANGES) {
        const { requests, code, stderr } = await bench.interrupt(
          `whole-${change}`,
          change,
          'SIGTERM',
          async () => false,
        )
        if (requests < 20) throw new Error(`${change} ended with ${code}: ${stderr}`)
        whole.set(change, requests)
      }
      const endings: Interrupted[] = []
      let next = 0
      const lane = async (): Promise<void> => {
        while (endings.length < SIGNALS) {
          const index = next++
          const random = seededRandom(SEED).fork(`signal-${index}`)
          const change = CHANGES[index % CHANGES.length] ?? 'study'
          const signal = KINDS[random.below(KINDS.length)] ?? 'SIGINT'
          const at = random.below(Math.round((whole.get(change) ?? 20) * 0.95))
          const waitMs = random.next() < 0.5 ? 0 : random.next() * 1_000
          const isDue = async (requests: readonly unknown[]): Promise<boolean> => {
            if (requests.length < at) return false
            await systemClock.sleepMs(waitMs)
            return true
          }
          const ended = await bench.interrupt(`random-${index}`, change, signal, isDue)
          // It had ended before its moment came: another one instead.
          if (ended.wasOver) continue
          endings.push(ended)
          if (LOG !== undefined) appendFileSync(LOG, `${JSON.stringify({ index, ...ended })}\n`)
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, lane))
      process.stdout.write(`${tallyInterrupted(endings)}\n`)
      expect(endings.flatMap((one) => wrongOf(one) ?? [])).toEqual([])
    },
    SIGNALS * 30_000 + 120_000,
  )

if (SIGNALS > 0) manySignals()
