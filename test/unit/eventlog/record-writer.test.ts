import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createRecordWriter } from '../../../src/eventlog/record-writer.ts'
import type { HarnessError } from '../../../src/kernel/errors.ts'
import { columnsOf, recordWriterUrl, temporaryFolder } from './support.ts'

const rows = (count: number) =>
  columnsOf(
    ['', 'home'],
    Array.from({ length: count }, (_, i) => ({ requestId: i + 1, template: 1 })),
  )

const start = (folder: string, errors: HarnessError[]) =>
  createRecordWriter({ folder, onError: (error) => errors.push(error), program: recordWriterUrl })

test('each chunk becomes a part of its own, in order, and close says how many rows there are', async () => {
  const folder = await temporaryFolder()
  const errors: HarnessError[] = []
  const writer = start(folder, errors)
  const first = rows(100)
  writer.write(first, 0)
  expect(first.requestId.length, 'the buffers were given away').toBe(0)
  writer.write(rows(0), 0)
  writer.write(rows(50), 1)
  expect(writer.pendingRows).toBe(150)
  expect(await writer.close()).toEqual({ rows: 150, parts: 2, lost: 0 })
  expect(await writer.close()).toEqual({ rows: 150, parts: 2, lost: 0 })
  expect((await readdir(folder)).sort()).toEqual(['part-00001-w0.parquet', 'part-00002-w1.parquet'])
  expect(writer.pendingRows).toBe(0)
  expect(errors).toEqual([])
})

test('a part that cannot be written is told and counted, and the next one is tried again', async () => {
  const folder = join(await temporaryFolder(), 'requests')
  const errors: HarnessError[] = []
  let told: () => void = () => {}
  const failed = new Promise<void>((resolve) => {
    told = resolve
  })
  const writer = createRecordWriter({
    folder,
    program: recordWriterUrl,
    onError: (error) => {
      errors.push(error)
      told()
    },
  })
  writer.write(rows(7), 0)
  await failed
  await mkdir(folder)
  writer.write(rows(5), 0)
  expect(await writer.close()).toEqual({ rows: 5, parts: 1, lost: 7 })
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatchObject({ code: 'OUTPUT_NOT_WRITABLE', hint: expect.stringContaining('--out') })
  await chmod(folder, 0o755)
  await rm(folder, { recursive: true })
})

test('rows after the end are told and not forgotten', async () => {
  const errors: HarnessError[] = []
  const writer = start(await temporaryFolder(), errors)
  await writer.close()
  writer.write(rows(3), 0)
  expect(errors.map(({ message }) => message)).toEqual(["3 request rows came after the record writer's end"])
})

test('a thread that ends by itself is told, with the rows that went with it', async () => {
  const errors: HarnessError[] = []
  const folder = await temporaryFolder()
  const writer = createRecordWriter({
    folder,
    onError: (error) => errors.push(error),
    program: new URL('data:text/javascript,throw new Error("out of memory")'),
  })
  writer.write(rows(9), 0)
  expect(await writer.close()).toEqual({ rows: 0, parts: 0, lost: 9 })
  expect(errors.map(({ message }) => message)).toEqual([
    'the record writer failed: out of memory',
    'the record writer ended (exit code 1) with 9 request rows unwritten',
  ])
})
