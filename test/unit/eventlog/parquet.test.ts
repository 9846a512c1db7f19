import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import { readBundle } from '../../../src/eventlog/bundle-reader.ts'
import { COLUMN_SPECS, parsePartName, partName } from '../../../src/eventlog/parquet-columns.ts'
import { encodeParquet, writePart } from '../../../src/eventlog/parquet-writer.ts'
import { sortByStart } from '../../../src/eventlog/request-order.ts'
import { COLUMN_NAMES } from '../../../src/model/request-columns.ts'
import { columnsOf, type Row, rowAt, rowsArbitrary, runInfo, temporaryFolder } from './support.ts'

const bundleFolder = async (): Promise<string> => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'requests'))
  await writeFile(join(folder, 'run.json'), JSON.stringify(runInfo()))
  await writeFile(join(folder, 'events.jsonl'), '')
  return folder
}

const byStart = (a: Row, b: Row): number =>
  (a.startUs ?? 0) - (b.startUs ?? 0) || (a.requestId ?? 0) - (b.requestId ?? 0)

test('any rows come back from Parquet as they were, sorted by start', async () => {
  const folder = await bundleFolder()
  let index = 0
  await fc.assert(
    fc.asyncProperty(rowsArbitrary(40), async ({ table, rows }) => {
      const distinct = [...new Map(rows.map((row) => [`${row.startUs}/${row.requestId}`, row])).values()]
      const columns = columnsOf(table, distinct)
      const requests = join(folder, 'requests')
      await writeFile(join(requests, partName(1, 0)), new Uint8Array(encodeParquet(columns)))
      const { columns: read, problems } = await readBundle(folder)
      expect(problems).toEqual([])
      const sorted = columnsOf(table, distinct.sort(byStart))
      expect(read.length).toBe(sorted.length)
      for (let i = 0; i < read.length; i++) expect(rowAt(read, i)).toEqual(rowAt(sorted, i))
      index += 1
    }),
    { numRuns: 150 },
  )
  expect(index).toBe(150)
})

test('the file has the columns of the contract, with unsigned and 64-bit integers, words and real nulls', async () => {
  const columns = columnsOf(
    ['', 'home', '10.0.0.7:8080', 'web-1'],
    [
      {
        requestId: 4_000_000_000,
        startUs: 3_000_000_000,
        endUs: 3_000_001_000,
        writtenUs: -1,
        connectedUs: -1,
        firstByteUs: -1,
        idleUs: -1,
        template: 1,
        source: 4,
        phase: 3,
        outcome: 1,
        kind: 2,
        remoteAddress: 2,
      },
      {
        requestId: 2,
        startUs: 5,
        endUs: 9,
        writtenUs: 6,
        connectedUs: 5,
        firstByteUs: 8,
        idleUs: 0,
        template: 1,
        rollout: 2,
        status: 502,
        layer: 2,
        pod: 3,
        localPort: 65_535,
        kind: 11,
        outcome: 1,
      },
    ],
  )
  const file = encodeParquet(columns)
  const { schema, key_value_metadata } = parquetMetadata(file)
  expect(schema.slice(1).map(({ name }) => name)).toEqual(COLUMN_NAMES)
  expect(COLUMN_NAMES).toEqual(Object.keys(COLUMN_SPECS))
  const typeOf = (name: string) => {
    const element = schema.find((candidate) => candidate.name === name)
    return [element?.type, element?.converted_type, element?.repetition_type].filter(Boolean).join(' ')
  }
  expect(
    Object.fromEntries(
      ['requestId', 'rollout', 'worker', 'startUs', 'idleUs', 'kind', 'template'].map((name) => [
        name,
        typeOf(name),
      ]),
    ),
  ).toEqual({
    requestId: 'INT32 UINT_32 REQUIRED',
    rollout: 'INT32 UINT_16 OPTIONAL',
    worker: 'INT32 UINT_8 REQUIRED',
    startUs: 'INT64 REQUIRED',
    idleUs: 'INT64 OPTIONAL',
    kind: 'BYTE_ARRAY UTF8 OPTIONAL',
    template: 'BYTE_ARRAY UTF8 REQUIRED',
  })
  expect(key_value_metadata).toContainEqual({ key: 'rollproof.schemaVersion', value: '1' })
  const rows = await parquetReadObjects({ file })
  expect(rows[0]).toMatchObject({
    requestId: 4_000_000_000,
    source: 'twin',
    phase: 'rollout',
    outcome: 'failed',
    kind: 'connect-refused',
    template: 'home',
    startUs: 3_000_000_000n,
    rollout: null,
    status: null,
    writtenUs: null,
    localPort: null,
    pod: null,
    layer: null,
    remoteAddress: '10.0.0.7:8080',
  })
  expect(rows[1]).toMatchObject({
    rollout: 2,
    status: 502,
    kind: 'status',
    layer: 'proxy',
    pod: 'web-1',
    localPort: 65_535,
    firstByteUs: 8n,
    idleUs: 0n,
  })
})

test('only the first `length` rows of a chunk are written', async () => {
  const columns = columnsOf(
    [''],
    Array.from({ length: 5 }, (_, i) => ({ requestId: i + 1 })),
  )
  const rows = await parquetReadObjects({ file: encodeParquet({ ...columns, length: 3 }) })
  expect(rows.map(({ requestId }) => requestId)).toEqual([1, 2, 3])
})

test('a value that is in no dictionary is an error, not a wrong word', () => {
  expect(() => encodeParquet(columnsOf(['', 'a'], [{ template: 2 }]))).toThrow('not in its dictionary')
  expect(() => encodeParquet(columnsOf([''], [{ phase: 99 }]))).toThrow('not in its dictionary')
})

test('a part appears under its name only when it is whole, and no temporary file stays', async () => {
  const folder = await temporaryFolder()
  await writePart(folder, 3, 1, columnsOf([''], [{ requestId: 1 }]))
  await expect(writePart(folder, 4, 0, columnsOf([''], [{ template: 5 }]))).rejects.toMatchObject({
    code: 'OUTPUT_NOT_WRITABLE',
  })
  expect(await readdir(folder)).toEqual(['part-00003-w1.parquet'])
})

test('part names say their number and worker', () => {
  expect(partName(7, 1)).toBe('part-00007-w1.parquet')
  expect(parsePartName('part-00007-w1.parquet')).toEqual({ index: 7, worker: 1 })
  expect(parsePartName('part-123456-w12.parquet')).toEqual({ index: 123_456, worker: 12 })
  for (const name of ['.part-00007-w1.parquet.tmp', 'part-7-w1.parquet', 'x.parquet'])
    expect(parsePartName(name)).toBeNull()
})

test('rows sort by start and then by request id, whatever their order and their span of time', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          requestId: fc.nat(1000),
          startUs: fc.oneof(fc.nat(20), fc.maxSafeNat(), fc.integer({ min: -50, max: 0 })),
        }),
        { maxLength: 60 },
      ),
      (rows) => {
        const sorted = sortByStart(columnsOf([''], rows))
        const expected = [...rows].sort(byStart)
        expect([...sorted.startUs]).toEqual(expected.map(({ startUs }) => startUs))
        expect([...sorted.requestId]).toEqual(expected.map(({ requestId }) => requestId))
      },
    ),
  )
})
