import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunEvent } from '../model/events.ts'
import { allocateColumns, COLUMN_NAMES, type RequestColumns } from '../model/request-columns.ts'
import type { RunInfo } from '../model/run-info.ts'
import { bundleFolderOf, readInfo } from './bundle-folder.ts'
import { BUNDLE_FILES } from './bundle-writer.ts'
import { type EventsRead, readEvents } from './jsonl-reader.ts'
import { createRowPacker, type PackedRows } from './packed-rows.ts'
import { firstRows } from './parquet-columns.ts'
import { type RowsRead, readRows, type TakeRows } from './request-reader.ts'

/** A run as its files tell it, but for its rows. */
interface BundleFacts {
  /** Absolute path of the folder. */
  readonly dir: string
  readonly info: RunInfo
  readonly events: readonly RunEvent[]
  /** The cut last line of events.jsonl; `null` when it ends whole. */
  readonly torn: { readonly tornBytes: number } | null
  /** Facts of types that this version does not know, by type; they are not in `events`. */
  readonly unknownEvents: Readonly<Record<string, number>>
  /** False when `run.ended` is missing: the run was killed, or is still going on. */
  readonly ended: boolean
  /** What is missing or damaged, each with the file's name; empty for a whole bundle. */
  readonly problems: readonly string[]
}

/** A run as its files tell it. */
export interface Bundle extends BundleFacts {
  /** The rows of all parts, by start, then request id; one dictionary. */
  readonly columns: RequestColumns
}

/** The same of a run that may be long: its rows are read block by block. */
export interface LongBundle extends BundleFacts {
  /** In the same order. */
  readonly requests: PackedRows
  /** Gives back what the rows are kept in. They cannot be read afterwards. */
  close(): void
}

/**
 * Reads a run's bundle: the folder, or any file in it. Parts or lines that are broken or missing are named in
 * `problems`, and the rest is read. Throws BUNDLE_INVALID when this is no bundle, `run.json` cannot be understood, or
 * the bundle is of a newer schema version. Memory: 100 bytes per request, and one part.
 */
export const readBundle = async (path: string): Promise<Bundle> => {
  let all = allocateColumns(0)
  let length = 0
  const { facts, strings } = await readAll(path, (most) => {
    all = allocateColumns(most)
    return (rows) => {
      for (const name of COLUMN_NAMES) all[name].set(rows[name], length)
      length += rows.length
    }
  })
  return { ...facts, columns: { ...firstRows(all, length), strings } }
}

/**
 * {@link readBundle} for a run of any length. Memory: one part, 16 MB of rows, and what waits for its place in the order
 * (readRows); the other rows are in a scratch file without a name, about 40 bytes each, until `close`.
 */
export const openBundle = async (path: string): Promise<LongBundle> => {
  const packer = createRowPacker()
  try {
    const { facts, strings } = await readAll(path, () => packer.append)
    const requests = packer.finish(strings)
    return { ...facts, requests, close: requests.close }
  } catch (error) {
    packer.abandon()
    throw error
  }
}

/** Lets `use` work on an opened bundle and gives it back afterwards. Throws what either throws. */
export const withBundle = async <Result>(
  path: string,
  use: (bundle: LongBundle) => Result | Promise<Result>,
): Promise<Result> => {
  const bundle = await openBundle(path)
  try {
    return await use(bundle)
  } finally {
    bundle.close()
  }
}

const readAll = async (
  path: string,
  begin: (rows: number) => TakeRows,
): Promise<{ readonly facts: BundleFacts; readonly strings: RowsRead['strings'] }> => {
  const dir = await bundleFolderOf(path)
  const info = await readInfo(join(dir, BUNDLE_FILES.info))
  const facts = await readFacts(join(dir, BUNDLE_FILES.events))
  let count = 0
  const { strings, problems: damaged } = await readRows(join(dir, BUNDLE_FILES.requests), (most) => {
    const take = begin(most)
    return (rows) => {
      count += rows.length
      take(rows)
    }
  })
  const end = facts.events.findLast((event) => event.type === 'run.ended')
  const problems = [...facts.problems, ...damaged]
  if (end?.type === 'run.ended' && end.rows !== count) {
    problems.push(`requests holds ${count} rows; the run handed over ${end.rows}`)
  }
  const other = facts.events.find((event) => event.type === 'run.started' && event.runId !== info.runId)
  if (other !== undefined) problems.push('events.jsonl belongs to another run than run.json')
  return {
    facts: {
      dir,
      info,
      events: facts.events,
      torn: facts.torn,
      unknownEvents: facts.unknown,
      ended: end !== undefined,
      problems,
    },
    strings,
  }
}

const readFacts = async (path: string): Promise<EventsRead> => {
  const there = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
  if (there) return readEvents(path)
  return { events: [], torn: null, unknown: {}, problems: [`${BUNDLE_FILES.events} is missing`] }
}
