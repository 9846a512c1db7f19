import { appendFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/kernel/random.ts'
import { type KillVerdict, killCases, killPoints, startKillBench } from '../../support/journal-kills.ts'

/** `ROLLPROOF_KILLS=1000 ROLLPROOF_KILL_LOG=kills.jsonl npx vitest run test/lab/safety/journal-kills.test.ts` for a long session. */
const KILLS = Number(process.env.ROLLPROOF_KILLS ?? 40)
const SEED = Number(process.env.ROLLPROOF_SEED ?? 20261122)
const LANES = Number(process.env.ROLLPROOF_KILL_LANES ?? 2)
/** A file that gets a line for each case; for long sessions. */
const LOG = process.env.ROLLPROOF_KILL_LOG

test(
  `${KILLS} deaths and faults at random steps of a study: all is restored later, or a conflict is reported`,
  async () => {
    const random = seededRandom(SEED)
    const benches = await Promise.all(Array.from({ length: LANES }, startKillBench))
    const counts = new Map<string, number>()
    const bad: string[] = []
    const count = (what: string): void => {
      counts.set(what, (counts.get(what) ?? 0) + 1)
    }
    const [first] = benches
    if (first === undefined) throw new Error('no bench')
    const { requests, lines } = await first.rehearse()
    const cases = killCases(
      killPoints(requests.length, lines, random.fork('points')),
      KILLS,
      random.fork('cases'),
    )
    const waiting = [...cases.entries()]
    const work = async (bench: (typeof benches)[number]): Promise<void> => {
      for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
        const [at, kill] = entry
        const { point, foreign } = kill
        const where =
          point.kind === 'request'
            ? `${point.fault} at ${point.at} (${requests[point.at - 1]})`
            : `line ${point.at}${point.half ? ', torn' : ''}`
        const { verdict, childCode, detail } = await bench.run(kill).catch((error: unknown) => ({
          verdict: 'error' as KillVerdict,
          childCode: null,
          detail: String(error),
        }))
        count(verdict)
        if (LOG !== undefined)
          appendFileSync(LOG, `${JSON.stringify({ at, where, ...kill, verdict, childCode, detail })}\n`)
        count(childCode === null ? 'killed' : `ended by itself with ${childCode}`)
        if (verdict === 'silent' || verdict === 'crying wolf' || verdict === 'error') {
          bad.push(
            `#${at} ${where}, ${foreign ?? 'nobody else'}${kill.withFolder ? ', with the folder' : ''}${kill.byProgram ? ', by the program' : ''}: ${verdict}: ${detail}`,
          )
        }
      }
    }
    await Promise.all(benches.map(work))
    await Promise.all(benches.map((bench) => bench.stop()))
    process.stdout.write(
      `${KILLS} of ${requests.length} requests × 12 faults and ${lines} lines: ${[...counts].map(([what, times]) => `${times} ${what}`).join(', ')}\n`,
    )
    expect(bad).toEqual([])
  },
  KILLS * 5_000 + 60_000,
)
