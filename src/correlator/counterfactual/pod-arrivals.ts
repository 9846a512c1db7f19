import type { FailureVerdict } from '../../model/finding.ts'
import { OK, VUSER } from '../codes.ts'
import type { PodLine } from '../pod-line.ts'
import { linesOfStrings } from '../pod-traffic.ts'
import { near } from '../rules/ending-pods.ts'
import type { World } from '../world.ts'

/** A request that was sent to a pod after its termination had begun. */
export interface Arrival {
  /** Since the termination began, ms. */
  readonly sinceMs: number
  /** Below 1 where several ending pods may have been met: each gets its share. */
  readonly weight: number
}

/** What was sent to one ending pod. */
export interface PodArrivals {
  readonly line: PodLine
  /** Requests of vUsers on new connections, answered or not; behind a proxy all of them. */
  readonly arrivals: readonly Arrival[]
  /** Last request of each kept-alive connection that still carried one after the termination had begun, ms since. */
  readonly reusedMs: readonly number[]
  /** For so long after the termination began each arrival left a trace that names the pod, ms. */
  readonly seenForMs: number
}

const ARRIVAL_COLUMNS = [
  'source',
  'outcome',
  'pod',
  'remoteAddress',
  'startUs',
  'requestsOnConnection',
  'worker',
  'connectionId',
] as const

/** Causes that are about the end of a pod; an entry of conntrack that outlived it (B8) is not about its listener. */
const isEnding = (cause: string): boolean => /^[AB]\d+$/.test(cause) && cause !== 'B8'

/** Whether the request was sent to an ending pod: by its verdict, or because its address says so. */
const endsAPod = ({ cause, candidates, pod }: FailureVerdict, direct: boolean): boolean =>
  isEnding(cause) ||
  (cause === 'ambiguous' && candidates.length > 0 && candidates.every(isEnding)) ||
  (direct && pod !== null && cause !== 'B8' && !cause.startsWith('F'))

/** Ending pods that the failure may have met: the known one, else those whose end it is near, else all that were ending. */
const metPods = (verdict: FailureVerdict, world: World): readonly PodLine[] => {
  if (verdict.pod !== null) {
    const line = world.index.byName(verdict.pod, verdict.startedAtMs)
    return line === null ? [] : [line]
  }
  const exposure = { earliest: verdict.startedAtMs, latest: verdict.endedAtMs }
  const ending = world.index
    .ending(exposure)
    .filter((line) => line.sigterm !== null && line.sigterm.earliest <= verdict.endedAtMs)
  const recent = ending.filter((line) => near(verdict.startedAtMs, line.gone))
  return recent.length > 0 ? recent : ending.slice(-1)
}

/** The moment until which attempts at the pod's address are attempts at this pod, ms since run start. */
const addressUntilMs = (line: PodLine, world: World, lastStartMs: number): number => {
  const next = world.index.pods.find(
    (other) =>
      other !== line &&
      other.ip === line.ip &&
      other.created !== null &&
      other.created.latest > (line.terminating?.latest ?? 0),
  )
  return Math.min(lastStartMs, next?.created?.earliest ?? Number.POSITIVE_INFINITY)
}

/**
 * What was sent to each pod whose termination began in the run: the arrivals that a shorter preStop would have failed.
 * Answered requests name their pod by header or address; failed ones by address, else by their verdict.
 */
export const podArrivals = (world: World, verdicts: readonly FailureVerdict[]): PodArrivals[] => {
  const { requests, path, index } = world
  const lines = world.timeline.pods.filter((line) => line.terminating !== null && line.terminating.latest > 0)
  const arrivals = new Map(lines.map((line): [PodLine, Arrival[]] => [line, []]))
  const reused = new Map(lines.map((line): [PodLine, Map<number, number>] => [line, new Map()]))
  const add = (line: PodLine | null, startMs: number, weight: number): void => {
    if (line === null || line.terminating === null) return
    const sinceMs = startMs - line.terminating.latest
    if (sinceMs > 0) arrivals.get(line)?.push({ sinceMs, weight })
  }
  const named = linesOfStrings(requests, index)
  for (const block of requests.blocks(...ARRIVAL_COLUMNS)) {
    for (let i = 0; i < block.length; i++) {
      if (block.source[i] !== VUSER || block.outcome[i] !== OK) continue
      const code = block.pod[i] || block.remoteAddress[i] || 0
      const line = named(code, (block.startUs[i] ?? 0) / 1000)
      if (line === null || line.terminating === null) continue
      const startMs = (block.startUs[i] ?? 0) / 1000
      if (startMs <= line.terminating.latest) continue
      if (path.leg === 'l7' || block.requestsOnConnection[i] === 0) add(line, startMs, 1)
      else {
        const key = (block.worker[i] ?? 0) * 4294967296 + (block.connectionId[i] ?? 0)
        const last = reused.get(line)
        last?.set(key, Math.max(last.get(key) ?? 0, startMs - line.terminating.latest))
      }
    }
  }
  for (const verdict of verdicts) {
    if (!endsAPod(verdict, path.direct) || (path.leg !== 'l7' && verdict.requestsOnConnection > 0)) continue
    const met = metPods(verdict, world)
    for (const line of met) add(line, verdict.startedAtMs, 1 / met.length)
  }
  const lastStartMs = world.rows.lastStartMs
  return lines.map((line) => {
    const startMs = line.terminating?.latest ?? 0
    const listensMs = line.hookFailed === null ? line.preStopMs.minMs : 0
    return {
      line,
      arrivals: arrivals.get(line) ?? [],
      reusedMs: [...(reused.get(line)?.values() ?? [])],
      seenForMs: path.direct
        ? Math.max(0, addressUntilMs(line, world, lastStartMs) - startMs)
        : Math.max(0, Math.min(listensMs, lastStartMs - startMs)),
    }
  })
}
