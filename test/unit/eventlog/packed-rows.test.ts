import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openBundle, readBundle, withBundle } from '../../../src/eventlog/bundle-reader.ts'
import { BLOCK_ROWS, createRowPacker, type PackedRows } from '../../../src/eventlog/packed-rows.ts'
import { GROUP_ROWS, writePart } from '../../../src/eventlog/parquet-writer.ts'
import { createSpool } from '../../../src/eventlog/spool.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import { allocateColumns, COLUMN_NAMES, type RequestColumns } from '../../../src/model/request-columns.ts'
import { columnsOf, type Row, rowAt, rowsArbitrary, runInfo, temporaryFolder } from './support.ts'

/** Packed rows as whole columns again. */
const unpacked = (requests: PackedRows): RequestColumns => {
  const columns = allocateColumns(requests.length)
  let from = 0
  for (const block of requests.blocks(...COLUMN_NAMES)) {
    for (const name of COLUMN_NAMES) columns[name].set(block[name].subarray(0, block.length), from)
    from += block.length
  }
  expect(from).toBe(requests.length)
  return { ...columns, strings: requests.strings }
}

const madeUp = (length: number): Row[] => {
  const random = seededRandom(7)
  return Array.from({ length }, (_, i) => {
    const startUs = i * 40 + random.below(2_000_000)
    return {
      requestId: i + 1,
      startUs,
      endUs: startUs + random.below(3_000_000),
      pod: random.below(3),
      idleUs: -1,
    }
  })
}

test('any rows come back from being packed as they were, from memory and from disk', async () => {
  const folder = await temporaryFolder()
  fc.assert(
    fc.property(rowsArbitrary(40), fc.nat(40), fc.boolean(), ({ table, rows }, cut, onDisk) => {
      const columns = columnsOf(table, rows)
      const packer = createRowPacker({ inMemory: onDisk ? 0 : 2 ** 20, folder })
      packer.append(columnsOf(table, rows.slice(0, cut)))
      packer.append(columnsOf(table, rows.slice(cut)))
      const packed = packer.finish(table)
      try {
        expect(unpacked(packed)).toEqual(columns)
      } finally {
        packed.close()
      }
    }),
    { numRuns: 100 },
  )
})

test('fractions, and ranges beyond 32 bits, are kept as they are', () => {
  const rows = [
    { startUs: 0.5 },
    { startUs: 1e15 },
    { startUs: 3, connectedUs: -1 },
    { connectedUs: 2 ** 40 },
  ]
  const packer = createRowPacker()
  packer.append(columnsOf([''], rows))
  expect(unpacked(packer.finish(['']))).toEqual(columnsOf([''], rows))
})

test('a pass reads block after block, each with the columns that it names', async () => {
  const rows = columnsOf(['', 'a', 'b'], madeUp(2 * BLOCK_ROWS + 5))
  const packer = createRowPacker({ inMemory: 2 ** 20, folder: await temporaryFolder() })
  packer.append(rows)
  const packed = packer.finish(rows.strings)
  const blocks = [...packed.blocks('endUs')]
  expect(blocks.map(({ length }) => length)).toEqual([BLOCK_ROWS, BLOCK_ROWS, 5])
  expect(Object.keys(blocks[0] ?? {}).sort()).toEqual(['endUs', 'length'])
  expect(unpacked(packed)).toEqual(rows)
  packed.close()
})

test('the scratch file has no name while it is read, and is gone with the bundle', async () => {
  const folder = await temporaryFolder()
  const spool = createSpool({ inMemory: 8, folder })
  const kept = spool.put(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer)
  const spooled = spool.put(new Uint8Array([9, 10, 11]).buffer)
  expect(spool.onDisk).toBe(3)
  expect(await readdir(folder)).toEqual([])
  const read = (where: typeof kept, from: number, length: number): number[] => {
    const { buffer, at } = spool.get(where, from, length, new ArrayBuffer(16))
    return [...new Uint8Array(buffer, at, length)]
  }
  expect(read(kept, 2, 3)).toEqual([3, 4, 5])
  expect(read(spooled, 1, 2)).toEqual([10, 11])
  expect(() => read(spooled, 1, 3)).toThrow('shorter than what was written')
  spool.close()
  spool.close()
  expect(() => read(spooled, 0, 1)).toThrow('closed')
})

test('without a place for a scratch file everything stays in memory', async () => {
  const spool = createSpool({ inMemory: 0, folder: join(await temporaryFolder(), 'not-there') })
  const where = spool.put(new Uint8Array([1, 2]).buffer)
  expect(spool.onDisk).toBe(0)
  expect([...new Uint8Array(spool.get(where, 0, 2, new ArrayBuffer(8)).buffer)]).toEqual([1, 2])
})

test('rows of parts that overlap in time come back in order, read whole or block by block', async () => {
  const folder = await temporaryFolder()
  const requests = join(folder, 'requests')
  await mkdir(requests)
  await writeFile(join(folder, 'run.json'), JSON.stringify(runInfo()))
  await writeFile(join(folder, 'events.jsonl'), '')
  const table = ['', 'a', 'b']
  const rows = madeUp(3 * GROUP_ROWS)
  // As they are recorded: when they end, by two workers. The first part has several row groups.
  const ended = rows.toSorted((a, b) => (a.endUs ?? 0) - (b.endUs ?? 0))
  const cuts = [0, GROUP_ROWS + 9, GROUP_ROWS + 10, 2 * GROUP_ROWS, rows.length]
  for (let part = 1; part < cuts.length; part++)
    await writePart(requests, part, part % 2, columnsOf(table, ended.slice(cuts[part - 1], cuts[part])))
  const whole = await readBundle(folder)
  expect(whole.problems).toEqual([])
  const sorted = columnsOf(
    table,
    rows.toSorted((a, b) => (a.startUs ?? 0) - (b.startUs ?? 0) || (a.requestId ?? 0) - (b.requestId ?? 0)),
  )
  expect(whole.columns.startUs).toEqual(sorted.startUs)
  expect(whole.columns.requestId).toEqual(sorted.requestId)
  for (const i of [0, 1, GROUP_ROWS, rows.length - 1])
    expect(rowAt(whole.columns, i)).toEqual(rowAt(sorted, i))
  await withBundle(folder, ({ requests: packed }) => expect(unpacked(packed)).toEqual(whole.columns))
  const opened = await openBundle(folder)
  expect(opened.requests.length).toBe(rows.length)
  opened.close()
})
