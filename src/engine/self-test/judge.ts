import { FAILURE_KINDS, type FailureKind, OUTCOMES } from '../../model/outcome.ts'
import { LAYERS, type RequestColumns } from '../../model/request-columns.ts'
import type { WireFault } from './faults.ts'

/** What a row says of how its request ended. */
export interface RowOutcome {
  readonly requestId: number
  readonly result: FailureKind | 'ok' | 'cut'
  readonly reused: boolean
  readonly headSeen: boolean
  readonly layer: string
}

/** The rows of a chunk, in the order of their ends. */
export const rowOutcomes = (columns: RequestColumns): RowOutcome[] =>
  Array.from({ length: columns.length }, (_, i) => {
    const kind = FAILURE_KINDS[(columns.kind[i] ?? 0) - 1]
    const outcome = OUTCOMES[columns.outcome[i] ?? 0]
    return {
      requestId: columns.requestId[i] ?? 0,
      result: kind ?? (outcome === 'cut' ? 'cut' : 'ok'),
      reused: (columns.requestsOnConnection[i] ?? 0) > 0,
      headSeen: (columns.status[i] ?? 0) > 0,
      layer: LAYERS[columns.layer[i] ?? 0] ?? '',
    }
  })

/** Whether one row is what a fault must look like. */
export const fits = ({ expected }: WireFault, row: RowOutcome): boolean =>
  expected.outcomes.some((outcome) => outcome === row.result) &&
  (expected.reused === undefined || expected.reused === row.reused) &&
  (expected.headSeen === undefined || expected.headSeen === row.headSeen) &&
  (expected.layer === undefined || expected.layer === row.layer)

/** `null` = the fault was seen for what it is, else what was seen instead. */
export const judgeRows = (fault: WireFault, rows: readonly RowOutcome[]): string | null => {
  const last = rows.at(-1)
  const before = rows.slice(0, -1)
  const fine =
    rows.length === fault.requests &&
    last !== undefined &&
    fits(fault, last) &&
    before.every(({ result }) => result === 'ok')
  return fine ? null : `${fault.name}: ${rows.map(({ result }) => result).join(', ') || 'nothing'}`
}
