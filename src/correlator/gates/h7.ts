import { CONTROL_PROBE } from '../codes.ts'
import { readyAt } from '../endpoint-counts.ts'
import type { PodLine } from '../pod-line.ts'
import { SHORTLY_MS } from '../pod-traffic.ts'
import type { World } from '../world.ts'
import { countText, type Gate } from './gate.ts'

/** A pod that got none of the requests by bad luck: accepted below this. */
const MISSED_BY_CHANCE = 0.01

/** Starts of requests on fresh connections, ms, ascending. */
const freshStarts = (world: World): Float64Array => {
  const starts: number[] = []
  for (const block of world.requests.blocks('source', 'requestsOnConnection', 'startUs'))
    for (let i = 0; i < block.length; i++)
      if (block.source[i] !== CONTROL_PROBE && block.requestsOnConnection[i] === 0)
        starts.push((block.startUs[i] ?? 0) / 1000)
  return Float64Array.from(starts).sort()
}

const countBetween = (sorted: Float64Array, fromMs: number, toMs: number): number => {
  const below = (limitMs: number): number => {
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sorted[middle] ?? 0) < limitMs) low = middle + 1
      else high = middle
    }
    return low
  }
  return Math.max(0, below(toMs) - below(fromMs))
}

/** P(one given pod of k got none of n connections that are spread evenly). */
export const missedByChance = (connections: number, pods: number): number =>
  pods <= 1 ? (connections > 0 ? 0 : 1) : (1 - 1 / pods) ** connections

interface Visit {
  readonly line: PodLine
  readonly when: 'before its termination' | 'after it was ready'
  readonly fromMs: number
  readonly toMs: number
}

/**
 * Pods that were never ready took no traffic. One that the same restart made and replaced again (a second restart half way)
 * counts once it was ready for as long as a visit may take.
 */
const tookTraffic = ({ ready, terminating, interim }: PodLine, madeBy: number | null): boolean => {
  if (interim)
    return ready !== null && terminating !== null && terminating.earliest - ready.latest >= SHORTLY_MS
  return ready !== null || madeBy === null
}

/** Every old pod shortly before its end, every new one once it was ready. */
const visitsOf = (world: World): Visit[] =>
  world.timeline.pods.flatMap((line): Visit[] => {
    const { ready, terminating, replacedBy, madeBy } = line
    const visits: Visit[] = []
    if (replacedBy !== null && terminating !== null && tookTraffic(line, madeBy))
      visits.push({
        line,
        when: 'before its termination',
        fromMs: terminating.earliest - SHORTLY_MS,
        toMs: terminating.latest,
      })
    if (madeBy !== null && ready !== null)
      visits.push({
        line,
        when: 'after it was ready',
        fromMs: ready.latest,
        toMs: Math.min(terminating?.latest ?? world.timeline.endMs, ready.latest + SHORTLY_MS),
      })
    return visits
  })

export const h7: Gate = {
  id: 'H7',
  claim: 'Traffic reached every old pod shortly before its end and every new pod once it was ready',
  inLoad: false,
  judge: ({ world }) => {
    const visits = visitsOf(world)
    const named = world.rows.hasIdentity || world.path.direct
    const limit = named
      ? 'a good answer from each (pod header or pod address)'
      : `chance that a pod got none of the new connections < ${MISSED_BY_CHANCE * 100} %`
    if (visits.length === 0) return { value: 'no pod was replaced', limit, holds: null }
    if (named) {
      const missed = visits.filter(({ line, when }) => {
        const traffic = world.traffic.get(line.ref.uid)
        return (
          (when === 'after it was ready' ? traffic?.answeredReady : traffic?.answeredBefore) === 0 ||
          traffic === undefined
        )
      })
      const first = missed[0]
      return first === undefined
        ? { value: `${countText(visits.length)} of ${countText(visits.length)} visits`, limit, holds: true }
        : {
            value: `${countText(missed.length)} of ${countText(visits.length)} missing: ${first.line.ref.name} ${first.when}`,
            limit,
            holds: false,
          }
    }
    const starts = freshStarts(world)
    if (starts.length === 0)
      return { value: 'only kept-alive traffic and no pod header: cannot be told', limit, holds: null }
    let worst = 0
    for (const { fromMs, toMs } of visits) {
      const pods = readyAt(world.timeline, (fromMs + toMs) / 2)?.possible ?? null
      if (pods === null) return { value: 'no pod header, and endpoints were not watched', limit, holds: null }
      worst = Math.max(worst, missedByChance(countBetween(starts, fromMs, toMs), pods))
    }
    const value = `at worst ${(worst * 100).toFixed(worst < 0.001 ? 4 : 2)} % (no pod header: by chance only)`
    return { value, limit, holds: worst < MISSED_BY_CHANCE ? true : null }
  },
}
