import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { SCHEMA_VERSION } from '../model/events.ts'
import { COLUMN_NAMES, type RequestColumns } from '../model/request-columns.ts'
import { fileError } from './file-error.ts'
import {
  COLUMN_SPECS,
  type ColumnName,
  type ColumnSpec,
  partName,
  rowsBetween,
  SCHEMA_KEY,
  TEMPORARY_SUFFIX,
} from './parquet-columns.ts'
import { OPEN_SEAL, SEAL_KEY, seal } from './part-seal.ts'

type Writer = ConstructorParameters<typeof ParquetWriter>[0]
type SchemaElement = Writer['schema'][number]
type ColumnSource = Parameters<ParquetWriter['write']>[0]['columnData'][number]
type Data = ColumnSource['data']

/**
 * Rows of a row group. What the writer and every reader make of a column is then below 128 KiB, which is where V8 stops
 * giving it back quickly.
 */
export const GROUP_ROWS = 16_000

/**
 * One chunk of rows as the bytes of a Parquet file: row groups of {@link GROUP_ROWS}, Snappy, strings by
 * dictionary, real nulls. The footer carries a checksum of the whole file (part-seal.ts).
 */
export const encodeParquet = (columns: RequestColumns): ArrayBuffer => {
  const bytes = new ByteWriter()
  const file = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'request', num_children: COLUMN_NAMES.length }, ...COLUMN_NAMES.map(schemaElement)],
    // The reader takes whole parts, so that statistics would be dead weight.
    statistics: false,
    kvMetadata: [
      { key: SCHEMA_KEY, value: String(SCHEMA_VERSION) },
      { key: SEAL_KEY, value: OPEN_SEAL },
    ],
    createdBy: 'rollproof',
  })
  // In memory nothing is awaited: the writer returns a promise only where its `flush` does.
  for (let from = 0; from < columns.length; from += GROUP_ROWS) {
    const rows = rowsBetween(columns, from, Math.min(columns.length, from + GROUP_ROWS))
    void file.write({
      columnData: COLUMN_NAMES.map((name) => columnSource(rows, name)),
      rowGroupSize: GROUP_ROWS,
    })
  }
  void file.finish()
  return seal(bytes.getBuffer())
}

/**
 * Writes one part under a temporary name, fsyncs it and renames it: whatever is called `part-*.parquet` is whole.
 * Returns its file name. Throws OUTPUT_NOT_WRITABLE (ENOSPC, EACCES, EIO …); the temporary file is then removed.
 */
export const writePart = async (
  folder: string,
  index: number,
  worker: number,
  columns: RequestColumns,
): Promise<string> => {
  const name = partName(index, worker)
  const temporary = join(folder, `.${name}${TEMPORARY_SUFFIX}`)
  try {
    const file = await open(temporary, 'wx', 0o644)
    try {
      await file.writeFile(new Uint8Array(encodeParquet(columns)))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, join(folder, name))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw fileError(`cannot write ${join(folder, name)}`, error)
  }
  return name
}

const schemaElement = (name: ColumnName): SchemaElement => {
  const spec = COLUMN_SPECS[name]
  const repetition_type = spec.none === null ? 'REQUIRED' : 'OPTIONAL'
  if (spec.kind !== 'integer') return { name, repetition_type, type: 'BYTE_ARRAY', converted_type: 'UTF8' }
  if (spec.bits === 64) return { name, repetition_type, type: 'INT64' }
  return { name, repetition_type, type: 'INT32', converted_type: `UINT_${spec.bits}` }
}

const columnSource = (rows: RequestColumns, name: ColumnName): ColumnSource => {
  const spec = COLUMN_SPECS[name]
  return {
    name,
    // Made when the writer comes to this column, so that one is a plain array at a time.
    get data() {
      return spec.kind === 'integer' ? integers(rows[name], spec) : texts(rows[name], spec, rows.strings)
    },
    encoding: spec.kind === 'integer' ? spec.encoding : 'RLE_DICTIONARY',
  }
}

type Values = RequestColumns[ColumnName]

const integers = (values: Values, spec: Extract<ColumnSpec, { kind: 'integer' }>): Data => {
  const { none } = spec
  if (none !== null) return Array.from(values, (value) => (value === none ? null : Math.round(value)))
  if (values instanceof Float64Array) return values.map((value) => Math.round(value))
  return values instanceof Uint32Array ? values : new Uint32Array(values)
}

const texts = (
  values: Values,
  spec: Exclude<ColumnSpec, { kind: 'integer' }>,
  strings: readonly string[],
): Data => {
  const words = spec.kind === 'word' ? spec.words : strings
  return Array.from(values, (value) => {
    if (value === spec.none) return null
    const word = words[value]
    if (word === undefined) throw new RangeError(`row value ${value} is not in its dictionary`)
    return word
  })
}
