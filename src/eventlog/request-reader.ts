import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../kernel/errors.ts'
import { allocateColumns, COLUMN_NAMES, type RequestColumns } from '../model/request-columns.ts'
import { BUNDLE_FILES } from './bundle-writer.ts'
import { createStringTable } from './decode-columns.ts'
import { firstRows, parsePartName, TEMPORARY_SUFFIX } from './parquet-columns.ts'
import { countRows, earliestStartUs, readPart } from './part-reader.ts'
import { sortByStart } from './request-order.ts'

interface Part {
  readonly name: string
  readonly path: string
  readonly rows: number
  /** No row of it started before; µs since the run started. */
  readonly earliestUs: number
}

/** Takes rows in their order: by start, then request id. `columns` is good only during the call. */
export type TakeRows = (columns: RequestColumns) => void

export interface RowsRead {
  readonly strings: readonly string[]
  readonly problems: readonly string[]
}

/**
 * Reads the rows of all parts in order and hands them over as it goes. In memory are one part and what may still have to
 * wait for rows of a later part: those that started while a request of that part was under way.
 * @param begin told how many rows there are at most, before the first
 */
export const readRows = async (folder: string, begin: (rows: number) => TakeRows): Promise<RowsRead> => {
  const table = createStringTable()
  const { parts, problems } = await partsIn(folder)
  const take = begin(parts.reduce((sum, { rows }) => sum + rows, 0))
  let pool = allocateColumns(0)
  let length = 0
  for (const [index, { name, path, rows }] of parts.entries()) {
    if (length + rows > pool.length) pool = grown(pool, length, Math.ceil((length + rows) * 1.25))
    try {
      length += await readPart(path, pool, length, rows, table)
    } catch (error) {
      problems.push(broken(name, error))
    }
    const sorted = sortByStart(firstRows(pool, length))
    const ready = rowsBefore(sorted, horizonUs(parts, index + 1))
    if (ready === 0) continue
    take({ ...firstRows(sorted, ready), strings: table.strings })
    for (const column of COLUMN_NAMES) pool[column].copyWithin(0, ready, length)
    length -= ready
  }
  return { strings: table.strings, problems }
}

/** No row of the parts from `index` on started before. */
const horizonUs = (parts: readonly Part[], index: number): number => {
  let earliestUs = Number.POSITIVE_INFINITY
  for (let i = index; i < parts.length; i++) earliestUs = Math.min(earliestUs, parts[i]?.earliestUs ?? 0)
  return earliestUs
}

/** How many of the sorted rows started before `us`. */
const rowsBefore = ({ length, startUs }: RequestColumns, us: number): number => {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((startUs[middle] ?? 0) < us) low = middle + 1
    else high = middle
  }
  return low
}

const grown = (columns: RequestColumns, length: number, capacity: number): RequestColumns => {
  const larger = allocateColumns(capacity)
  for (const name of COLUMN_NAMES) larger[name].set(columns[name].subarray(0, length))
  return larger
}

const partsIn = async (folder: string): Promise<{ parts: Part[]; problems: string[] }> => {
  const problems: string[] = []
  const names = await readdir(folder).catch(() => {
    problems.push(`${BUNDLE_FILES.requests} is missing`)
    return []
  })
  problems.push(...strayParts(names))
  const parts: Part[] = []
  for (const name of names.filter((candidate) => parsePartName(candidate) !== null).sort()) {
    const path = join(folder, name)
    try {
      const rows = await countRows(path)
      // Nothing waits for the first part, and most bundles have no other.
      const earliestUs = parts.length === 0 ? Number.NEGATIVE_INFINITY : await earliestStartUs(path)
      parts.push({ name, path, rows, earliestUs })
    } catch (error) {
      problems.push(broken(name, error))
    }
  }
  return { parts, problems }
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
