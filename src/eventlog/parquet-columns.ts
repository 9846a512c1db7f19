import { FAILURE_KINDS, OUTCOMES, SOURCES } from '../model/outcome.ts'
import { PHASES } from '../model/phase.ts'
import { COLUMN_NAMES, LAYERS, type RequestColumns } from '../model/request-columns.ts'

export type ColumnName = (typeof COLUMN_NAMES)[number]
type Encoding = 'DELTA_BINARY_PACKED' | 'RLE_DICTIONARY'

/** How one column of the rows in memory looks in a Parquet file. */
export type ColumnSpec =
  | {
      readonly kind: 'integer'
      readonly bits: 8 | 16 | 32 | 64
      /** The value in memory that stands for unknown, a null in the file; `null` = always known. */
      readonly none: number | null
      readonly encoding: Encoding
    }
  | {
      /** A small number in memory, its word in the file. */
      readonly kind: 'word'
      /** Entry i is the word for i. */
      readonly words: readonly string[]
      readonly none: number | null
    }
  | {
      /** An index into `strings` in memory, the text itself in the file. */
      readonly kind: 'text'
      readonly none: number | null
    }

const integer = (bits: 8 | 16 | 32 | 64, none: number | null, encoding: Encoding): ColumnSpec => ({
  kind: 'integer',
  bits,
  none,
  encoding,
})
/** Climbs by small steps: a difference from row to row needs few bits. */
const climbing = (bits: 32 | 64, none: number | null = null): ColumnSpec =>
  integer(bits, none, 'DELTA_BINARY_PACKED')
/** Few different values in a part. */
const repeating = (bits: 8 | 16, none: number | null = null): ColumnSpec =>
  integer(bits, none, 'RLE_DICTIONARY')

/** The request columns of CONTRACTS, in file order. Times are µs since the run started. */
export const COLUMN_SPECS: Readonly<Record<ColumnName, ColumnSpec>> = {
  requestId: climbing(32),
  source: { kind: 'word', words: SOURCES, none: null },
  vu: climbing(32),
  worker: repeating(8),
  phase: { kind: 'word', words: PHASES, none: null },
  rollout: repeating(16, 0),
  template: { kind: 'text', none: null },
  intendedUs: climbing(64),
  startUs: climbing(64),
  writtenUs: climbing(64, -1),
  connectedUs: climbing(64, -1),
  firstByteUs: climbing(64, -1),
  endUs: climbing(64),
  outcome: { kind: 'word', words: OUTCOMES, none: null },
  kind: { kind: 'word', words: ['', ...FAILURE_KINDS], none: 0 },
  status: repeating(16, 0),
  bytes: climbing(32),
  connectionId: climbing(32),
  requestsOnConnection: climbing(32),
  idleUs: climbing(64, -1),
  localPort: repeating(16, 0),
  remoteAddress: { kind: 'text', none: 0 },
  pod: { kind: 'text', none: 0 },
  layer: { kind: 'word', words: LAYERS, none: 0 },
}

/** Rows `from` to before `to` of `columns`, without copying. */
export const rowsBetween = (columns: RequestColumns, from: number, to: number): RequestColumns => {
  const cut: Record<string, unknown> = { length: to - from, strings: columns.strings }
  for (const name of COLUMN_NAMES) cut[name] = columns[name].subarray(from, to)
  return cut as unknown as RequestColumns
}

/** The first `length` rows of `columns`, without copying. */
export const firstRows = (columns: RequestColumns, length: number): RequestColumns =>
  columns.length === length && columns.requestId.length === length ? columns : rowsBetween(columns, 0, length)

/** Key in a part's footer. */
export const SCHEMA_KEY = 'rollproof.schemaVersion'

const PART_NAME = /^part-(\d{5,})-w(\d+)\.parquet$/
export const TEMPORARY_SUFFIX = '.tmp'

/** `part-00007-w1.parquet`: the run's 7th part (from 1), rows of worker 1. */
export const partName = (index: number, worker: number): string =>
  `part-${String(index).padStart(5, '0')}-w${worker}.parquet`

/** What {@link partName} says; `null` for any other name. */
export const parsePartName = (name: string): { readonly index: number; readonly worker: number } | null => {
  const match = PART_NAME.exec(name)
  return match === null ? null : { index: Number(match[1]), worker: Number(match[2]) }
}
