import { open, readFile } from 'node:fs/promises'
import { type FileMetaData, parquetMetadata, parquetMetadataAsync, parquetRead } from 'hyparquet'
import { COLUMN_NAMES, type RequestColumns } from '../model/request-columns.ts'
import { columnNameOf, decodeInto, decoderOf, type StringTable } from './decode-columns.ts'
import { COLUMN_SPECS } from './parquet-columns.ts'
import { checkSeal } from './part-seal.ts'

/** More rows than this in one part are not believed: the footer is damaged. */
const MOST_ROWS_OF_A_PART = 10_000_000

/** How many rows a part says it has, from its footer alone. Throws when it is no whole Parquet file. */
export const countRows = async (path: string): Promise<number> => {
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

interface OpenPart {
  readonly file: ArrayBuffer
  readonly metadata: FileMetaData
  readonly rows: number
}

/** The bytes of a part whose checksum is right. */
const openPart = async (path: string): Promise<OpenPart> => {
  const bytes = await readFile(path)
  checkSeal(bytes)
  const whole = bytes.byteOffset === 0 && bytes.buffer.byteLength === bytes.byteLength
  const file = whole && bytes.buffer instanceof ArrayBuffer ? bytes.buffer : new Uint8Array(bytes).buffer
  const metadata = parquetMetadata(file)
  return { file, metadata, rows: rowsOf(metadata) }
}

/** When the first request of a part started, µs since the run started; Infinity for none. Throws when it is damaged. */
export const earliestStartUs = async (path: string): Promise<number> => {
  const { file, metadata } = await openPart(path)
  let earliestUs = Number.POSITIVE_INFINITY
  await parquetRead({
    file,
    metadata,
    columns: ['startUs'],
    onChunk: ({ columnData }) => {
      for (let i = 0; i < columnData.length; i++) earliestUs = Math.min(earliestUs, Number(columnData[i]))
    },
  })
  return earliestUs
}

/**
 * Decodes one part into rows `from` … of `columns`; returns how many rows it wrote. Columns that this version does not
 * know are skipped; an unknown value becomes the column's own "unknown". Throws when the part is damaged, has more
 * than `room` rows, or lacks a column that is never unknown; the rows it may have written by then are not to be used.
 */
export const readPart = async (
  path: string,
  columns: RequestColumns,
  from: number,
  room: number,
  table: StringTable,
): Promise<number> => {
  const { file, metadata, rows } = await openPart(path)
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
  for (const name of COLUMN_NAMES) {
    if (!present.has(name)) continue
    // One at a time: what was decoded for a call is kept until its end.
    await parquetRead({
      file,
      metadata,
      columns: [name],
      onChunk: ({ columnName, columnData, rowStart }) => {
        // An exception in this callback would be lost inside the library.
        try {
          const decoder = decoderOf(columnNameOf(columnName), COLUMN_SPECS[name], table)
          decodeInto(columns[name], from + rowStart, columnData, decoder)
          filled.set(name, (filled.get(name) ?? 0) + columnData.length)
        } catch (error) {
          failure ??= error
        }
      },
    })
  }
  if (failure !== null) throw failure
  for (const name of COLUMN_NAMES) {
    if (filled.get(name) !== rows && rows > 0) {
      throw new RangeError(`column ${name} has ${filled.get(name) ?? 0} of ${rows} values`)
    }
  }
  return rows
}
