import { expect, test } from 'vitest'
import { killSession } from '../../support/journal-kill-session.ts'
import { labGround, startKillBench } from '../../support/journal-kills.ts'

/** `ROLLPROOF_KILLS=1000 ROLLPROOF_KILL_LOG=kills.jsonl npx vitest run test/lab/safety/journal-kills.test.ts` for a long session. */
const KILLS = Number(process.env.ROLLPROOF_KILLS ?? 32)
const SEED = Number(process.env.ROLLPROOF_SEED ?? 20261122)
const LANES = Number(process.env.ROLLPROOF_KILL_LANES ?? 2)

test(
  `${KILLS} deaths and faults at random steps of a study: all is restored later, or a conflict is reported`,
  async () => {
    const benches = await Promise.all(
      Array.from({ length: LANES }, async () => startKillBench(await labGround())),
    )
    // A file that gets a line for each case; for long sessions.
    const log = process.env.ROLLPROOF_KILL_LOG
    const { summary, bad } = await killSession(benches, { kills: KILLS, seed: SEED, log })
    await Promise.all(benches.map((bench) => bench.stop()))
    process.stdout.write(`${summary}\n`)
    expect(bad).toEqual([])
  },
  KILLS * 5_000 + 60_000,
)
