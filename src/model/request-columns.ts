/**
 * The request rows of a run as columns: entry i of each array belongs to row i. Times are µs since the run
 * started. Typed arrays cannot hold "unknown", so each column with unknowns names the value that stands for it.
 */
export interface RequestColumns {
  readonly length: number
  readonly requestId: Uint32Array
  /** Index into SOURCES. */
  readonly source: Uint8Array
  readonly vu: Uint32Array
  readonly worker: Uint8Array
  /** Index into PHASES. */
  readonly phase: Uint8Array
  /** Rollout index from 1; 0 = not in a rollout. */
  readonly rollout: Uint16Array
  /** Index into {@link strings}. */
  readonly template: Uint32Array
  readonly intendedUs: Float64Array
  readonly startUs: Float64Array
  /** −1 = never written. */
  readonly writtenUs: Float64Array
  /** When the connection was made that carried the request; −1 = never connected. */
  readonly connectedUs: Float64Array
  /** −1 = no byte of an answer. */
  readonly firstByteUs: Float64Array
  readonly endUs: Float64Array
  /** Index into OUTCOMES. */
  readonly outcome: Uint8Array
  /** Index into FAILURE_KINDS plus 1; 0 = did not fail. */
  readonly kind: Uint8Array
  /** 0 = no status. */
  readonly status: Uint16Array
  readonly bytes: Uint32Array
  readonly connectionId: Uint32Array
  /** Requests that the connection had carried before this one; 0 = fresh. */
  readonly requestsOnConnection: Uint32Array
  /** How long the connection had been idle; −1 = fresh or unknown. */
  readonly idleUs: Float64Array
  /** 0 = unknown. */
  readonly localPort: Uint16Array
  /** Index into {@link strings}; 0 = unknown. */
  readonly remoteAddress: Uint32Array
  /** Name of the pod that answered, or that this connection last answered from: index into strings; 0 = unknown. */
  readonly pod: Uint32Array
  /** Who answered an unexpected status: 0 unknown, 1 app, 2 proxy, 3 load-balancer. */
  readonly layer: Uint8Array
  /** Dictionary of the string columns; entry 0 is ''. */
  readonly strings: readonly string[]
}

export const LAYERS = ['', 'app', 'proxy', 'load-balancer'] as const

type NumericColumn = Exclude<keyof RequestColumns, 'length' | 'strings'>

const COLUMN_TYPES = {
  requestId: Uint32Array,
  source: Uint8Array,
  vu: Uint32Array,
  worker: Uint8Array,
  phase: Uint8Array,
  rollout: Uint16Array,
  template: Uint32Array,
  intendedUs: Float64Array,
  startUs: Float64Array,
  writtenUs: Float64Array,
  connectedUs: Float64Array,
  firstByteUs: Float64Array,
  endUs: Float64Array,
  outcome: Uint8Array,
  kind: Uint8Array,
  status: Uint16Array,
  bytes: Uint32Array,
  connectionId: Uint32Array,
  requestsOnConnection: Uint32Array,
  idleUs: Float64Array,
  localPort: Uint16Array,
  remoteAddress: Uint32Array,
  pod: Uint32Array,
  layer: Uint8Array,
} as const satisfies Record<NumericColumn, unknown>

export const COLUMN_NAMES = Object.keys(COLUMN_TYPES) as readonly NumericColumn[]

/** One column for `capacity` rows, all zero. */
export const newColumn = (name: NumericColumn, capacity: number): RequestColumns[NumericColumn] =>
  new COLUMN_TYPES[name](capacity)

/** Columns for `capacity` rows, all zero; `length` is the capacity and `strings` holds only ''. */
export const allocateColumns = (capacity: number): RequestColumns => {
  const columns: Record<string, unknown> = { length: capacity, strings: [''] }
  for (const name of COLUMN_NAMES) columns[name] = newColumn(name, capacity)
  return columns as unknown as RequestColumns
}

/** The buffers of `columns`, to hand to another thread without copying. */
export const buffersOf = (columns: RequestColumns): ArrayBuffer[] =>
  COLUMN_NAMES.map((name) => columns[name].buffer as ArrayBuffer)
