import { allocateColumns, COLUMN_NAMES, newColumn, type RequestColumns } from '../model/request-columns.ts'
import type { RequestBlock, RequestColumnName, RequestRows } from '../model/request-rows.ts'
import { type Packing, pack, packingOf, unpack, type Values } from './packed-column.ts'
import { createSpool, type Spooled, type SpoolOptions } from './spool.ts'

/** A block is unpacked as a whole, so that a pass needs this many values of each column that it names. */
export const BLOCK_ROWS = 32_768

/** Some 400,000 rows: with fewer, no file is made. */
export const SPOOL_IN_MEMORY = 16 * 2 ** 20

interface PackedColumn extends Packing {
  /** Byte of the block at which it begins. */
  readonly at: number
}

interface PackedBlock {
  readonly length: number
  readonly columns: Readonly<Record<string, PackedColumn>>
  readonly where: Spooled
}

/** The rows of a run, packed: about 40 bytes a row instead of 100, and only the first of them in memory. */
export interface PackedRows extends RequestRows {
  /** Gives back the scratch file. The rows cannot be read afterwards. */
  close(): void
}

export interface RowPacker {
  /** Adds copies of these rows behind the others. */
  append(columns: RequestColumns): void
  finish(strings: readonly string[]): PackedRows
  /** Instead of finishing. */
  abandon(): void
}

export const createRowPacker = (options: SpoolOptions = { inMemory: SPOOL_IN_MEMORY }): RowPacker => {
  const spool = createSpool(options)
  const blocks: PackedBlock[] = []
  const staged = allocateColumns(BLOCK_ROWS)
  let filled = 0
  let rows = 0

  const store = (): void => {
    if (filled === 0) return
    const columns: Record<string, PackedColumn> = {}
    let bytes = 0
    for (const name of COLUMN_NAMES) {
      const packing = packingOf(staged[name], filled)
      columns[name] = { ...packing, at: bytes }
      // Each begins at a multiple of 8, as typed arrays ask for.
      bytes += Math.ceil((packing.width * filled) / 8) * 8
    }
    const buffer = new ArrayBuffer(bytes)
    for (const name of COLUMN_NAMES) {
      const column = columns[name]
      if (column !== undefined) pack(staged[name], filled, column, buffer, column.at)
    }
    blocks.push({ length: filled, columns, where: spool.put(buffer) })
    rows += filled
    filled = 0
  }

  return {
    append: (columns) => {
      for (let from = 0; from < columns.length; ) {
        const count = Math.min(BLOCK_ROWS - filled, columns.length - from)
        for (const name of COLUMN_NAMES) staged[name].set(columns[name].subarray(from, from + count), filled)
        from += count
        filled += count
        if (filled === BLOCK_ROWS) store()
      }
    },
    finish: (strings) => {
      store()
      return {
        length: rows,
        strings,
        *blocks<Name extends RequestColumnName>(...names: readonly Name[]) {
          const longest = Math.max(0, ...blocks.map(({ length }) => length))
          const scratch = new ArrayBuffer(8 * longest)
          const targets = names.map((name): [Name, Values] => [name, newColumn(name, longest)])
          for (const { length, columns, where } of blocks) {
            for (const [name, target] of targets) {
              const column = columns[name]
              if (column === undefined) continue
              const { buffer, at } = spool.get(where, column.at, column.width * length, scratch)
              unpack(target, length, column, buffer, at)
            }
            yield { length, ...Object.fromEntries(targets) } as unknown as RequestBlock<Name>
          }
        },
        close: spool.close,
      }
    },
    abandon: spool.close,
  }
}
