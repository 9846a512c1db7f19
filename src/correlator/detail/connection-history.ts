import type { PriorRequest } from '../../model/detail.ts'
import { OUTCOMES } from '../../model/outcome.ts'
import type { RequestRows } from '../../model/request-rows.ts'
import { VUSER } from '../codes.ts'
import type { FailureCase } from '../failure-case.ts'

const MOST_SHOWN = 3

/** What a connection carried between the failure before on it and this one: the last of it, in order of start. */
interface Stretch {
  /** Of the failure; ms since run start. */
  readonly untilMs: number
  readonly last: PriorRequest[]
}

/**
 * The last requests that the connection of each failure had carried before, by request id. Connections of failures on
 * fresh ones have none. One pass; memory is three requests for each failure.
 */
export const connectionHistories = (
  requests: RequestRows,
  failures: readonly FailureCase[],
): ReadonlyMap<number, readonly PriorRequest[]> => {
  const used = failures.filter(({ fresh }) => !fresh)
  if (used.length === 0) return new Map()
  const stretches = new Map(
    [...Map.groupBy(used, ({ connectionKey }) => connectionKey)].map(([key, own]) => [
      key,
      own
        .map(({ startMs }): Stretch => ({ untilMs: startMs, last: [] }))
        .sort((a, b) => a.untilMs - b.untilMs),
    ]),
  )
  for (const block of requests.blocks(
    'source',
    'worker',
    'connectionId',
    'startUs',
    'endUs',
    'outcome',
    'pod',
  )) {
    for (let i = 0; i < block.length; i++) {
      if (block.source[i] !== VUSER) continue
      const own = stretches.get((block.worker[i] ?? 0) * 4294967296 + (block.connectionId[i] ?? 0))
      if (own === undefined) continue
      const startUs = block.startUs[i] ?? 0
      const next = own[firstAfter(own, startUs / 1000)]
      if (next === undefined) continue
      remember(next.last, {
        startedAtMs: startUs / 1000,
        tookMs: ((block.endUs[i] ?? 0) - startUs) / 1000,
        outcome: OUTCOMES[block.outcome[i] ?? 0] ?? 'cut',
        pod: requests.strings[block.pod[i] ?? 0] || null,
      })
    }
  }
  return new Map(
    used.map((failure) => {
      const own = stretches.get(failure.connectionKey) ?? []
      const before: PriorRequest[] = []
      for (let at = firstAfter(own, failure.startMs - 0.001); at >= 0 && before.length < MOST_SHOWN; at--)
        before.unshift(...(own[at]?.last ?? []))
      return [failure.requestId, before.slice(-MOST_SHOWN)]
    }),
  )
}

/** Which stretch a request that started at `startMs` belongs to: the first whose failure started later. */
const firstAfter = (own: readonly Stretch[], startMs: number): number => {
  let low = 0
  let high = own.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (startMs < (own[middle]?.untilMs ?? 0) - 0.0005) high = middle
    else low = middle + 1
  }
  return low
}

/** Keeps the latest, by start. */
const remember = (last: PriorRequest[], request: PriorRequest): void => {
  let at = last.length
  while (at > 0 && (last[at - 1]?.startedAtMs ?? 0) > request.startedAtMs) at--
  last.splice(at, 0, request)
  if (last.length > MOST_SHOWN) last.shift()
}
