import { appendFileSync } from 'node:fs'
import { type Random, seededRandom } from '../../src/kernel/random.ts'
import { FAULTS } from './fault-proxy.ts'
import { notRun, pick, shuffled, told } from './journal-kill-session.ts'
import type { KillBench, Rehearsal } from './journal-kills.ts'
import { FOREIGN, isGone, type KillCase, type KillResult, type Point } from './kill-case.ts'

/** What the world does between a death and its restore. */
export const WORLDS = ['nothing', 'changed', 'gone'] as const
type World = (typeof WORLDS)[number]

interface Combination {
  readonly victim: KillCase['victim']
  readonly point: Point
  readonly world: World
}

/** A case with how it ended; one line of the log. */
export interface Death extends KillCase, KillResult {
  readonly at: number
  readonly seed: number
  readonly where: string
  readonly world: World
}

/** Killed, and judged: neither ended before its point came, nor kept from it by a trouble of the bench. */
export const died = ({ childCode, verdict }: Death): boolean => childCode === null && verdict !== 'error'

const DEATHS = FAULTS.filter((fault) => fault.startsWith('kill'))

/** Each request × what the API server had done with it, each journal line half or whole, × each world. */
const combinations = ({ requests, lines, restoreRequests }: Rehearsal): readonly Combination[] => {
  const asked = (count: number): readonly Point[] =>
    Array.from({ length: count }, (_, at) => at + 1).flatMap((at) =>
      DEATHS.map((fault): Point => ({ kind: 'request', at, fault })),
    )
  const written = Array.from({ length: lines - 1 }, (_, at) => at + 2).flatMap((at) =>
    [true, false].map((half): Point => ({ kind: 'line', at, half })),
  )
  const points = [
    ...[...asked(requests.length), ...written].map((point) => ({ victim: 'study' as const, point })),
    ...asked(restoreRequests.length).map((point) => ({ victim: 'restore' as const, point })),
  ]
  return points.flatMap((one) => WORLDS.map((world) => ({ ...one, world })))
}

const foreignIn = (world: World, random: Random): KillCase['foreign'] =>
  world === 'nothing'
    ? null
    : pick(
        FOREIGN.filter((foreign) => isGone(foreign) === (world === 'gone')),
        random,
      )

/** All combinations in a seeded order, again and again, each time with other details. */
function* drawn(
  all: readonly Combination[],
  waits: boolean,
  random: Random,
): Generator<KillCase & Combination> {
  for (let count = 0; ; ) {
    for (const combination of shuffled(all, random)) {
      const foreign = foreignIn(combination.world, random)
      const isFolderNeeded = foreign?.startsWith('journal') === true
      count += 1
      yield {
        ...combination,
        foreign,
        // Only the folder knows of a journal that was taken away or spoiled.
        withFolder: isFolderNeeded || random.below(2) === 0,
        byProgram: waits || count % 20 === 0,
        waitsForLease: waits,
      }
    }
  }
}

export interface DeathSessionOptions {
  /** Deaths by SIGKILL; what ended by itself before its point came does not count. */
  readonly deaths: number
  /** How many of them at least are restored only after the dead one's Lease has run out. */
  readonly waits: number
  readonly seed: number
  /** A file that gets a line for each case. */
  readonly log: string | undefined
  /** Cases of a log, to be seen once more, and nothing else. */
  readonly replay?: readonly Death[]
}

/**
 * So many deaths by SIGKILL at any step of a study or of a restore. `waiters` wait for the Lease of the dead, the other
 * benches do not; at once.
 */
export const deathSession = async (
  benches: readonly KillBench[],
  waiters: readonly KillBench[],
  { deaths, waits, seed, log, replay }: DeathSessionOptions,
): Promise<{ readonly cases: readonly Death[]; readonly combinations: number }> => {
  const random = seededRandom(seed)
  const [first] = benches
  if (first === undefined) throw new Error('no bench')
  const rehearsal = await first.rehearse()
  const all = combinations(rehearsal)
  const cases: Death[] = []
  const count = (fits: (one: Death) => boolean): number => cases.filter(fits).length
  const hasEnough = (): boolean => count(died) >= deaths
  const hasWaited = (): boolean => count(({ waitedMs }) => waitedMs !== null) >= waits

  const lane = async (
    bench: KillBench,
    source: Iterator<KillCase & Combination>,
    isDone: () => boolean,
  ): Promise<void> => {
    while (!isDone()) {
      const { value: kill, done } = source.next()
      if (done === true) return
      const at = cases.length
      const result = await bench.run(kill).catch(notRun)
      const requests = kill.victim === 'study' ? rehearsal.requests : rehearsal.restoreRequests
      const one: Death = { at, seed, where: told(kill.point, requests), ...kill, ...result }
      cases.push(one)
      if (log !== undefined) appendFileSync(log, `${JSON.stringify(one)}\n`)
    }
  }
  if (replay !== undefined) {
    const again = [...replay].values()
    await lane(first, again, () => cases.length === replay.length)
    return { cases, combinations: all.length }
  }
  const quick = drawn(all, false, random.fork('quick'))
  const slow = drawn(all, true, random.fork('slow'))
  await Promise.all([
    ...benches.map((bench) => lane(bench, quick, hasEnough)),
    ...waiters.map((bench) => lane(bench, slow, hasWaited)),
  ])
  return { cases, combinations: all.length }
}
