import { FAILURE_KINDS, type FailureKind, OUTCOMES, type Outcome } from '../model/outcome.ts'
import { allocateColumns, COLUMN_NAMES, type RequestColumns } from '../model/request-columns.ts'
import { CHUNK_ROWS, layerIndex } from './engine-config.ts'
import type { Lane } from './http-client.ts'

/**
 * Writes one row per request into preallocated typed columns; on the ok path it makes no object. A chunk starts
 * small and grows to what is needed between two flushes, at most {@link CHUNK_ROWS}.
 */
export interface Recorder {
  /** `kind` null = did not fail. */
  write(lane: Lane, outcome: Outcome, kind: FailureKind | null): void
  /** Hands over the rows so far; nothing when there are none. */
  flush(): void
  /** Rows handed over and still held. */
  readonly rows: number
}

const OUTCOME_INDEX = Object.fromEntries(OUTCOMES.map((outcome, i) => [outcome, i])) as Record<
  Outcome,
  number
>
const KIND_INDEX = Object.fromEntries(FAILURE_KINDS.map((kind, i) => [kind, i + 1])) as Record<
  FailureKind,
  number
>

/** A hostile server can send a new pod name with each answer: beyond this many strings a chunk says unknown. */
const MOST_PODS = 20_000
const FIRST_CAPACITY = 4_096

const copyOf = (columns: RequestColumns, length: number, capacity: number): RequestColumns => {
  const copy = allocateColumns(capacity)
  for (const name of COLUMN_NAMES) copy[name].set(columns[name].subarray(0, length))
  return copy
}

const withLength = (columns: RequestColumns, length: number, strings: readonly string[]): RequestColumns => {
  const trimmed: Record<string, unknown> = { length, strings }
  for (const name of COLUMN_NAMES) trimmed[name] = columns[name].subarray(0, length)
  return trimmed as unknown as RequestColumns
}

/** `onColumns` gets chunks that are its own: their buffers hold more than `length` entries only up to twice. */
export const createRecorder = (
  worker: number,
  onColumns: (columns: RequestColumns) => void,
  chunkRows = CHUNK_ROWS,
): Recorder => {
  let capacity = Math.min(FIRST_CAPACITY, chunkRows)
  let columns = allocateColumns(capacity)
  let row = 0
  let handedOver = 0
  let strings: string[] = ['']
  let indexes = new Map<string, number>([['', 0]])

  const intern = (text: string): number => {
    const known = indexes.get(text)
    if (known !== undefined) return known
    const index = strings.length
    strings.push(text)
    indexes.set(text, index)
    return index
  }

  const internPod = (pod: string): number =>
    strings.length < MOST_PODS ? intern(pod) : (indexes.get(pod) ?? 0)

  const flush = (): void => {
    if (row === 0) return
    const length = row
    if (length * 2 >= capacity) {
      onColumns(withLength(columns, length, strings))
      columns = allocateColumns(capacity)
    } else {
      onColumns({ ...copyOf(columns, length, length), strings })
    }
    handedOver += length
    row = 0
    strings = ['']
    indexes = new Map([['', 0]])
  }

  const makeRoom = (): void => {
    if (capacity >= chunkRows) {
      flush()
      return
    }
    capacity = Math.min(chunkRows, capacity * 2)
    columns = copyOf(columns, row, capacity)
  }

  return {
    write: (lane, outcome, kind) => {
      if (row === capacity) makeRoom()
      const i = row++
      const c = columns
      const carrier = lane.carrier
      c.requestId[i] = lane.requestId
      c.source[i] = lane.source
      c.vu[i] = lane.vu
      c.worker[i] = worker
      c.phase[i] = lane.phaseTag & 255
      c.rollout[i] = lane.phaseTag >> 8
      c.template[i] = intern(lane.template.name)
      c.intendedUs[i] = lane.intendedUs
      c.startUs[i] = lane.startUs
      c.writtenUs[i] = lane.writtenUs
      c.firstByteUs[i] = lane.firstByteUs
      c.endUs[i] = lane.endUs
      c.outcome[i] = OUTCOME_INDEX[outcome]
      c.kind[i] = kind === null ? 0 : KIND_INDEX[kind]
      c.status[i] = lane.status
      c.bytes[i] = lane.bytes
      c.requestsOnConnection[i] = lane.requestsOnConnection
      c.idleUs[i] = lane.idleUs
      c.layer[i] = layerIndex(lane.layer)
      if (carrier === null) {
        c.connectedUs[i] = -1
        c.connectionId[i] = 0
        c.localPort[i] = 0
        c.remoteAddress[i] = 0
        c.pod[i] = 0
      } else {
        c.connectedUs[i] = carrier.connectedUs
        c.connectionId[i] = carrier.id
        c.localPort[i] = carrier.localPort
        c.remoteAddress[i] = intern(carrier.remoteAddress)
        c.pod[i] = internPod(lane.pod === '' ? carrier.pod : lane.pod)
      }
    },
    flush,
    get rows() {
      return handedOver + row
    },
  }
}
