import type { RunEvent } from '../model/events.ts'
import type { RequestColumns } from '../model/request-columns.ts'
import { type RequestRows, rowsOfColumns } from '../model/request-rows.ts'
import type { RunInfo } from '../model/run-info.ts'

/** A bundle, as its reader gives it. The order of events and of rows does not matter. */
export interface CorrelatorInput {
  readonly info: RunInfo
  readonly events: readonly RunEvent[]
  readonly columns: RequestColumns
  /** The cut last line of events.jsonl; `null` when it ends whole. */
  readonly torn: { readonly tornBytes: number } | null
  /** What of the bundle is missing or could not be read, in words. */
  readonly problems: readonly string[]
}

/** The same of a run that may be long: its rows are read block by block. */
export type LongInput = Omit<CorrelatorInput, 'columns'> & { readonly requests: RequestRows }

/** The rows of either. */
export const requestsIn = (input: CorrelatorInput | LongInput): RequestRows =>
  'requests' in input ? input.requests : rowsOfColumns(input.columns)

/** The facts in their one order: by seq, and where a broken bundle repeats one, by time and text. */
export const inOrder = (events: readonly RunEvent[]): RunEvent[] => {
  const sorted = [...events].sort((a, b) => a.seq - b.seq || a.atMs - b.atMs)
  const repeated = sorted.some((event, i) => i > 0 && sorted[i - 1]?.seq === event.seq)
  if (!repeated) return sorted
  const text = new Map(sorted.map((event) => [event, JSON.stringify(event)]))
  return sorted
    .sort((a, b) => a.seq - b.seq || a.atMs - b.atMs || compareText(text.get(a) ?? '', text.get(b) ?? ''))
    .filter((event, i, all) => i === 0 || text.get(event) !== text.get(all[i - 1] ?? event))
}

/** Code unit order: the same on every machine, unlike localeCompare. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
