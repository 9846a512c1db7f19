import { parentPort, workerData } from 'node:worker_threads'
import { HarnessError } from '../kernel/errors.ts'
import { writePart } from './parquet-writer.ts'
import type { FromRecordWriter, RecordWriterData, ToRecordWriter } from './record-writer.ts'

/**
 * The record writer's thread: encodes and writes one part at a time, in the order in which they came. A part that
 * cannot be written is told and counted; the next one is tried again, since each part stands for itself.
 */
const { folder } = workerData as RecordWriterData
const port = parentPort
if (port === null) throw new HarnessError('INTERNAL', 'the record writer runs only as a worker thread')

let index = 0
let rows = 0
let parts = 0
let lost = 0
let work: Promise<void> = Promise.resolve()

const tell = (message: FromRecordWriter): void => port.postMessage(message)

const write = async ({ columns, worker }: Extract<ToRecordWriter, { type: 'write' }>): Promise<void> => {
  index += 1
  try {
    await writePart(folder, index, worker, columns)
    parts += 1
    rows += columns.length
  } catch (error) {
    lost += columns.length
    const failure = error instanceof HarnessError ? error : new HarnessError('INTERNAL', String(error))
    tell({
      type: 'failed',
      code: failure.code,
      message: failure.message,
      hint: failure.hint,
      rows: columns.length,
    })
  }
  tell({ type: 'done', rows: columns.length })
}

port.on('message', (message: ToRecordWriter) => {
  if (message.type === 'write') {
    work = work.then(() => write(message))
    return
  }
  work = work.then(() => {
    tell({ type: 'closed', rows, parts, lost })
    port.close()
  })
})
