import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Death, deathSession, died } from '../../support/death-session.ts'
import { badDeaths, tallyDeaths } from '../../support/death-tally.ts'
import { labGround, PATIENT, startKillBench } from '../../support/journal-kills.ts'

/**
 * `ROLLPROOF_DEATHS=350 ROLLPROOF_SEED=1 ROLLPROOF_KILL_LOG=deaths.jsonl npx vitest run test/lab/safety/deaths.test.ts` for a
 * long session: a tenth of the restores then waits for the Lease of the dead, 30 s each, five at once.
 */
const LONG = process.env.ROLLPROOF_DEATHS
const DEATHS = Number(LONG ?? 8)
const SEED = Number(process.env.ROLLPROOF_SEED ?? 20261122)
const LANES = Number(process.env.ROLLPROOF_KILL_LANES ?? 2)
const WAITERS = LONG === undefined ? 0 : Number(process.env.ROLLPROOF_KILL_WAITERS ?? 5)
/** A log: the cases of its lines once more, and no others. */
const REPLAY = process.env.ROLLPROOF_REPLAY_DEATHS

const deathsIn = (log: string): readonly Death[] =>
  readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line): Death => JSON.parse(line))

test(
  `${DEATHS} deaths by SIGKILL at random steps of a study or a restore: all is restored later, or what is left is told`,
  async () => {
    const start = (count: number) =>
      Promise.all(Array.from({ length: count }, async () => startKillBench(await labGround(PATIENT))))
    const [benches, waiters] = [await start(LANES), await start(WAITERS)]
    const log = process.env.ROLLPROOF_KILL_LOG
    const waits = LONG === undefined ? 0 : Math.ceil(DEATHS / 10)
    const { cases, combinations } = await deathSession(benches, waiters, {
      deaths: DEATHS,
      waits,
      seed: SEED,
      log,
      ...(REPLAY === undefined ? {} : { replay: deathsIn(REPLAY) }),
    })
    await Promise.all([...benches, ...waiters].map((bench) => bench.stop()))
    if (LONG !== undefined) process.stdout.write(`of ${combinations} combinations:\n${tallyDeaths(cases)}\n`)
    expect(badDeaths(cases)).toEqual([])
    if (REPLAY === undefined) expect(cases.filter(died).length).toBeGreaterThanOrEqual(DEATHS)
  },
  DEATHS * 10_000 + 120_000,
)
