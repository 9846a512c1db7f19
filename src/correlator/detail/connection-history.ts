import type { PriorRequest } from '../../model/detail.ts'
import { OUTCOMES } from '../../model/outcome.ts'
import type { RequestColumns } from '../../model/request-columns.ts'
import { VUSER } from '../codes.ts'
import type { FailureCase } from '../failure-case.ts'

const MOST_SHOWN = 3

/**
 * The last requests that the connection of each failure had carried before, by request id. Connections of failures on
 * fresh ones have none. One pass; memory is one number for each request on a connection that failed.
 */
export const connectionHistories = (
  columns: RequestColumns,
  failures: readonly FailureCase[],
): ReadonlyMap<number, readonly PriorRequest[]> => {
  const used = failures.filter(({ fresh }) => !fresh)
  const rows = new Map<number, number[]>(used.map(({ connectionKey }) => [connectionKey, []]))
  if (rows.size === 0) return new Map()
  for (let i = 0; i < columns.length; i++) {
    if (columns.source[i] !== VUSER) continue
    rows.get((columns.worker[i] ?? 0) * 4294967296 + (columns.connectionId[i] ?? 0))?.push(i)
  }
  const startOf = (row: number): number => columns.startUs[row] ?? 0
  for (const own of rows.values()) own.sort((a, b) => startOf(a) - startOf(b))
  return new Map(
    used.map((failure) => {
      const own = rows.get(failure.connectionKey) ?? []
      const before = own.filter((row) => startOf(row) / 1000 < failure.startMs - 0.0005)
      return [failure.requestId, before.slice(-MOST_SHOWN).map((row) => priorOf(columns, row))]
    }),
  )
}

const priorOf = (columns: RequestColumns, row: number): PriorRequest => {
  const startUs = columns.startUs[row] ?? 0
  return {
    startedAtMs: startUs / 1000,
    tookMs: ((columns.endUs[row] ?? 0) - startUs) / 1000,
    outcome: OUTCOMES[columns.outcome[row] ?? 0] ?? 'cut',
    pod: columns.strings[columns.pod[row] ?? 0] || null,
  }
}
