import { appendFileSync } from 'node:fs'
import { type Random, seededRandom } from '../../src/kernel/random.ts'
import { FAULTS } from './fault-proxy.ts'
import type { KillBench } from './journal-kills.ts'
import { FOREIGN, type KillCase, type KillResult, type Point } from './kill-case.ts'

export const pick = <T>(list: readonly T[], random: Random): T => {
  const found = list[random.below(list.length)]
  if (found === undefined) throw new Error('an empty list')
  return found
}

/** The same in another order. */
export const shuffled = <T>(list: readonly T[], random: Random): readonly T[] => {
  const mixed = [...list]
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    const [a, b] = [mixed[at], mixed[other]]
    if (a === undefined || b === undefined) continue
    mixed[at] = b
    mixed[other] = a
  }
  return mixed
}

/** Every point there is, in a seeded order, so that any number of them is spread over all kinds. */
export const killPoints = (requests: number, lines: number, random: Random): readonly Point[] => {
  const points: Point[] = []
  for (let at = 1; at <= requests; at++)
    for (const fault of FAULTS) points.push({ kind: 'request', at, fault })
  for (let at = 2; at <= lines; at++)
    for (const half of [true, false]) points.push({ kind: 'line', at, half })
  return shuffled(points, random)
}

/** `count` cases over the points, in turn; three in ten with somebody else's change. */
export const killCases = (points: readonly Point[], count: number, random: Random): readonly KillCase[] =>
  Array.from({ length: count }, (_, at) => {
    const point = points[at % points.length]
    if (point === undefined) throw new Error('no points')
    const foreign = random.below(10) < 3 ? pick(FOREIGN, random) : null
    return {
      victim: 'study' as const,
      point,
      foreign,
      // Only the folder knows of a journal that was taken away or spoiled.
      withFolder: foreign?.startsWith('journal') === true || random.below(2) === 0,
      byProgram: at % 20 === 0,
      waitsForLease: false,
    }
  })

export interface KillSession {
  /** What became of how many. */
  readonly summary: string
  /** Cases that must not be: silent, told without a reason, or not judged at all. */
  readonly bad: readonly string[]
}

export const told = (point: Point, requests: readonly string[]): string =>
  point.kind === 'request'
    ? `${point.fault} at ${point.at} (${requests[point.at - 1]})`
    : `line ${point.at}${point.half ? ', torn' : ''}`

/** A case that could not be judged. */
export const notRun = (error: unknown): KillResult => ({
  verdict: 'error',
  childCode: null,
  detail: String(error),
  phase: null,
  request: null,
  waitedMs: null,
})

/** So many deaths and faults at steps of a study, spread over the benches; each is followed by a restore. */
export const killSession = async (
  benches: readonly KillBench[],
  options: {
    readonly kills: number
    readonly seed: number
    /** A file that gets a line for each case. */
    readonly log: string | undefined
    /** No errors of the API server, deaths alone. */
    readonly onlyDeaths?: boolean
  },
): Promise<KillSession> => {
  const { kills, seed, log, onlyDeaths = false } = options
  const random = seededRandom(seed)
  const counts = new Map<string, number>()
  const bad: string[] = []
  const count = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  const [first] = benches
  if (first === undefined) throw new Error('no bench')
  const { requests, lines } = await first.rehearse()
  const points = killPoints(requests.length, lines, random.fork('points')).filter(
    (point) => !onlyDeaths || point.kind === 'line' || point.fault.startsWith('kill'),
  )
  const waiting = [...killCases(points, kills, random.fork('cases')).entries()]
  const work = async (bench: KillBench): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
      const [at, kill] = entry
      const where = told(kill.point, requests)
      const result = await bench.run(kill).catch(notRun)
      const { verdict, childCode, detail } = result
      count(verdict)
      count(childCode === null ? '(killed)' : `(ended by itself with ${childCode})`)
      if (log !== undefined) appendFileSync(log, `${JSON.stringify({ at, where, ...kill, ...result })}\n`)
      if (verdict === 'silent' || verdict === 'crying wolf' || verdict === 'error') {
        const how = `${kill.withFolder ? ', with the folder' : ''}${kill.byProgram ? ', by the program' : ''}`
        bad.push(`#${at} ${where}, ${kill.foreign ?? 'nobody else'}${how}: ${verdict}: ${detail}`)
      }
    }
  }
  await Promise.all(benches.map(work))
  const parts = [...counts].sort().map(([what, times]) => `${times} ${what}`)
  return {
    summary: `${kills} of ${points.length} points (${requests.length} requests × ${onlyDeaths ? 3 : FAULTS.length} faults, ${lines} journal lines): ${parts.join(', ')}`,
    bad,
  }
}
