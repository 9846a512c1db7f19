import type { FailureCase } from './failure-case.ts'

/** Failures of one kind that ended together: usually one dead pod, seen by many. */
export interface Burst {
  readonly fromMs: number
  readonly toMs: number
  readonly count: number
  /** Distinct connections. */
  readonly connections: number
  readonly vus: number
  readonly oldestAgeMs: number
  readonly youngestAgeMs: number
}

/** Ends farther apart than this are not one instant. */
const SAME_INSTANT_MS = 100

/**
 * The burst of each failure. Failures belong together when they are of one kind, of one pod where that is known,
 * and end within 100 ms of the one before.
 */
export const burstsOf = (
  failures: readonly FailureCase[],
  podKey: (failure: FailureCase) => string,
): ReadonlyMap<FailureCase, Burst> => {
  const bursts = new Map<FailureCase, Burst>()
  const groups = Map.groupBy(failures, (failure) => `${failure.kind} ${podKey(failure)}`)
  for (const group of groups.values()) {
    const sorted = group.toSorted((a, b) => a.endMs - b.endMs || a.requestId - b.requestId)
    let from = 0
    for (let i = 1; i <= sorted.length; i++) {
      const here = sorted[i]
      const before = sorted[i - 1]
      if (here !== undefined && before !== undefined && here.endMs - before.endMs <= SAME_INSTANT_MS) continue
      const members = sorted.slice(from, i)
      const burst = describe(members)
      for (const member of members) bursts.set(member, burst)
      from = i
    }
  }
  return bursts
}

const describe = (members: readonly FailureCase[]): Burst => {
  let oldestAgeMs = 0
  let youngestAgeMs = Number.POSITIVE_INFINITY
  for (const { ageMs } of members) {
    oldestAgeMs = Math.max(oldestAgeMs, ageMs)
    youngestAgeMs = Math.min(youngestAgeMs, ageMs)
  }
  return {
    fromMs: members[0]?.endMs ?? 0,
    toMs: members.at(-1)?.endMs ?? 0,
    count: members.length,
    connections: new Set(members.map((member) => member.connectionKey)).size,
    vus: new Set(members.map((member) => member.vu)).size,
    oldestAgeMs,
    youngestAgeMs,
  }
}
