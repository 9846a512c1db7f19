import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileMetaData, parquetMetadata, parquetMetadataAsync, parquetRead } from 'hyparquet'
import { messageOf } from '../kernel/errors.ts'
import type { RunEvent } from '../model/events.ts'
import { allocateColumns, COLUMN_NAMES, type RequestColumns } from '../model/request-columns.ts'
import type { RunInfo } from '../model/run-info.ts'
import { bundleFolderOf, readInfo } from './bundle-folder.ts'
import { BUNDLE_FILES } from './bundle-writer.ts'
import { columnNameOf, createStringTable, decodeInto, decoderOf, type StringTable } from './decode-columns.ts'
import { type EventsRead, readEvents } from './jsonl-reader.ts'
import { COLUMN_SPECS, firstRows, parsePartName, TEMPORARY_SUFFIX } from './parquet-columns.ts'
import { checkSeal } from './part-seal.ts'
import { sortByStart } from './request-order.ts'

/** A run as its files tell it. */
export interface Bundle {
  /** Absolute path of the folder. */
  readonly dir: string
  readonly info: RunInfo
  readonly events: readonly RunEvent[]
  /** The rows of all parts, by start, then request id; one dictionary. */
  readonly columns: RequestColumns
  /** The cut last line of events.jsonl; `null` when it ends whole. */
  readonly torn: { readonly tornBytes: number } | null
  /** Facts of types that this version does not know, by type; they are not in `events`. */
  readonly unknownEvents: Readonly<Record<string, number>>
  /** False when `run.ended` is missing: the run was killed, or is still going on. */
  readonly ended: boolean
  /** What is missing or damaged, each with the file's name; empty for a whole bundle. */
  readonly problems: readonly string[]
}

/**
 * Reads a run's bundle: the folder, or any file in it. Parts or lines that are broken or missing are named in
 * `problems`, and the rest is read. Throws BUNDLE_INVALID when this is no bundle, `run.json` cannot be understood, or
 * the bundle is of a newer schema version. Memory: 100 bytes per request, and one part.
 */
export const readBundle = async (path: string): Promise<Bundle> => {
  const dir = await bundleFolderOf(path)
  const info = await readInfo(join(dir, BUNDLE_FILES.info))
  const facts = await readFacts(join(dir, BUNDLE_FILES.events))
  const rows = await readRows(join(dir, BUNDLE_FILES.requests))
  const end = facts.events.findLast((event) => event.type === 'run.ended')
  const problems = [...facts.problems, ...rows.problems]
  if (end?.type === 'run.ended' && end.rows !== rows.columns.length) {
    problems.push(`requests holds ${rows.columns.length} rows; the run handed over ${end.rows}`)
  }
  const other = facts.events.find((event) => event.type === 'run.started' && event.runId !== info.runId)
  if (other !== undefined) problems.push('events.jsonl belongs to another run than run.json')
  return {
    dir,
    info,
    events: facts.events,
    columns: rows.columns,
    torn: facts.torn,
    unknownEvents: facts.unknown,
    ended: end !== undefined,
    problems,
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

interface Part {
  readonly name: string
  readonly path: string
  readonly rows: number
}

const readRows = async (folder: string): Promise<{ columns: RequestColumns; problems: string[] }> => {
  const problems: string[] = []
  const table = createStringTable()
  const names = await readdir(folder).catch(() => {
    problems.push(`${BUNDLE_FILES.requests} is missing`)
    return []
  })
  problems.push(...strayParts(names))
  const parts: Part[] = []
  for (const name of names.filter((candidate) => parsePartName(candidate) !== null).sort()) {
    const path = join(folder, name)
    try {
      parts.push({ name, path, rows: await countRows(path) })
    } catch (error) {
      problems.push(broken(name, error))
    }
  }
  const all = allocateColumns(parts.reduce((sum, part) => sum + part.rows, 0))
  let length = 0
  for (const { name, path, rows } of parts) {
    try {
      length += await readPart(path, all, length, rows, table)
    } catch (error) {
      problems.push(broken(name, error))
    }
  }
  const columns = { ...firstRows(all, length), strings: table.strings }
  return { columns: sortByStart(columns), problems }
}

const broken = (name: string, error: unknown): string =>
  `${BUNDLE_FILES.requests}/${name} cannot be read, its rows are missing: ${messageOf(error)}`

/** Parts are numbered from 1 without a gap, so that one that was lost is seen; a temporary one was never finished. */
const strayParts = (names: readonly string[]): string[] => {
  const problems: string[] = []
  const indexes = new Set(names.flatMap((name) => parsePartName(name)?.index ?? []))
  const unfinished = names.filter((name) => name.endsWith(TEMPORARY_SUFFIX))
  for (const name of unfinished) {
    problems.push(
      `${BUNDLE_FILES.requests}/${name} was being written when the run ended; its rows are missing`,
    )
  }
  const last = Math.max(0, ...indexes)
  const missing: number[] = []
  for (let index = 1; index < last && missing.length <= indexes.size; index++) {
    if (!indexes.has(index)) missing.push(index)
  }
  for (const index of missing.slice(0, 20)) {
    problems.push(`${BUNDLE_FILES.requests}/part-${String(index).padStart(5, '0')}-w*.parquet is missing`)
  }
  if (missing.length > 20) problems.push(`and more parts in ${BUNDLE_FILES.requests} are missing`)
  return problems
}

/** More rows than this in one part are not believed: the footer is damaged. */
const MOST_ROWS_OF_A_PART = 10_000_000

/** How many rows a part says it has, from its footer alone. Throws when it is no whole Parquet file. */
const countRows = async (path: string): Promise<number> => {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const metadata = await parquetMetadataAsync({
      byteLength: size,
      slice: async (start, end = size) => {
        const bytes = new Uint8Array(Math.max(0, end - start))
        await file.read(bytes, 0, bytes.length, start)
        return bytes.buffer
      },
    })
    return rowsOf(metadata)
  } finally {
    await file.close()
  }
}

const rowsOf = (metadata: FileMetaData): number => {
  const rows = Number(metadata.num_rows)
  if (!Number.isSafeInteger(rows) || rows < 0 || rows > MOST_ROWS_OF_A_PART) {
    throw new RangeError(`its footer says ${metadata.num_rows} rows`)
  }
  return rows
}

/**
 * Decodes one part into rows `from` … of `columns`; returns how many rows it wrote. Columns that this version does not
 * know are skipped; an unknown value becomes the column's own "unknown". Throws when the part is damaged, has more
 * than `room` rows, or lacks a column that is never unknown; the rows it may have written by then are not to be used.
 */
const readPart = async (
  path: string,
  columns: RequestColumns,
  from: number,
  room: number,
  table: StringTable,
): Promise<number> => {
  const bytes = await readFile(path)
  checkSeal(bytes)
  const file = new Uint8Array(bytes).buffer
  const metadata = parquetMetadata(file)
  const rows = rowsOf(metadata)
  if (rows > room) throw new RangeError(`it has ${rows} rows, ${room} were counted`)
  const present = new Set(metadata.schema.slice(1).map(({ name }) => name))
  const filled = new Map<string, number>()
  for (const name of COLUMN_NAMES) {
    if (present.has(name)) continue
    const { none } = COLUMN_SPECS[name]
    if (none === null) throw new RangeError(`column ${name} is missing`)
    columns[name].fill(none, from, from + rows)
    filled.set(name, rows)
  }
  let failure: unknown = null
  await parquetRead({
    file,
    metadata,
    columns: COLUMN_NAMES.filter((name) => present.has(name)),
    onChunk: ({ columnName, columnData, rowStart }) => {
      // An exception in this callback would be lost inside the library.
      try {
        const name = columnNameOf(columnName)
        const decoder = decoderOf(name, COLUMN_SPECS[name], table)
        decodeInto(columns[name], from + rowStart, columnData, decoder)
        filled.set(name, (filled.get(name) ?? 0) + columnData.length)
      } catch (error) {
        failure ??= error
      }
    },
  })
  if (failure !== null) throw failure
  for (const name of COLUMN_NAMES) {
    if (filled.get(name) !== rows && rows > 0) {
      throw new RangeError(`column ${name} has ${filled.get(name) ?? 0} of ${rows} values`)
    }
  }
  return rows
}
