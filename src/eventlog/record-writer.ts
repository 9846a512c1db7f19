import { Worker } from 'node:worker_threads'
import { type ErrorCode, HarnessError, messageOf } from '../kernel/errors.ts'
import { programUrl, THREAD_LIMITS } from '../kernel/program.ts'
import { buffersOf, type RequestColumns } from '../model/request-columns.ts'

export interface RecordWriterData {
  readonly role: 'record-writer'
  /** The bundle's `requests` folder; exists. */
  readonly folder: string
}

export type ToRecordWriter =
  | { readonly type: 'write'; readonly columns: RequestColumns; readonly worker: number }
  | { readonly type: 'close' }

export type FromRecordWriter =
  | { readonly type: 'done'; readonly rows: number }
  | {
      readonly type: 'failed'
      readonly code: ErrorCode
      readonly message: string
      readonly hint: string | null
      readonly rows: number
    }
  | ({ readonly type: 'closed' } & RecordsWritten)

export interface RecordsWritten {
  /** Rows in complete parts. */
  readonly rows: number
  readonly parts: number
  /** Rows that could not be written; each loss was told to `onError`. */
  readonly lost: number
}

export interface RecordWriter {
  /** Hands a chunk over and gives its buffers away: `columns` must not be used afterwards. Empty chunks are ignored. */
  write(columns: RequestColumns, worker: number): void
  /** Rows handed over and not yet in a part: grows when the disk is slower than the load. */
  readonly pendingRows: number
  /** Writes what is pending, ends the thread. Never rejects. Safe to call twice. */
  close(): Promise<RecordsWritten>
}

export interface RecordWriterOptions {
  /** The bundle's `requests` folder; must exist. */
  readonly folder: string
  /** A part could not be written, or the thread ended by itself. */
  readonly onError: (error: HarnessError) => void
  /** The program that plays the role; this one by default. */
  readonly program?: URL
}

/** Starts the thread that turns chunks of request rows into Parquet parts, so that no other thread pays for it. */
export const createRecordWriter = (options: RecordWriterOptions): RecordWriter => {
  const workerData: RecordWriterData = { role: 'record-writer', folder: options.folder }
  const thread = new Worker(options.program ?? programUrl(), {
    workerData,
    name: 'records',
    resourceLimits: THREAD_LIMITS,
  })
  let pendingRows = 0
  let doneRows = 0
  let doneParts = 0
  let lost = 0
  let ended = false
  let closing = false

  let resolveClosed: (written: RecordsWritten) => void = () => {}
  const closed = new Promise<RecordsWritten>((resolve) => {
    resolveClosed = resolve
  })

  const lose = (rows: number): void => {
    lost += rows
    pendingRows = 0
  }

  thread.on('message', (message: FromRecordWriter) => {
    switch (message.type) {
      case 'done':
        pendingRows -= message.rows
        doneRows += message.rows
        doneParts += 1
        return
      case 'failed':
        doneRows -= message.rows
        doneParts -= 1
        lost += message.rows
        options.onError(
          new HarnessError(
            message.code,
            message.message,
            message.hint === null ? {} : { hint: message.hint },
          ),
        )
        return
      case 'closed':
        resolveClosed({ rows: message.rows, parts: message.parts, lost: message.lost })
    }
  })
  thread.on('error', (error) => {
    options.onError(
      new HarnessError('ENGINE_FAILED', `the record writer failed: ${messageOf(error)}`, { cause: error }),
    )
  })
  thread.on('exit', (exitCode) => {
    ended = true
    if (pendingRows > 0) {
      options.onError(
        new HarnessError(
          'ENGINE_FAILED',
          `the record writer ended (exit code ${exitCode}) with ${pendingRows} request rows unwritten`,
        ),
      )
      lose(pendingRows)
    }
    // After a clean end this was resolved by `closed`, and the second resolve does nothing.
    resolveClosed({ rows: doneRows, parts: doneParts, lost })
  })

  return {
    write: (columns, worker) => {
      if (columns.length === 0) return
      if (ended || closing) {
        lost += columns.length
        options.onError(
          new HarnessError(
            'ENGINE_FAILED',
            `${columns.length} request rows came after the record writer's end`,
          ),
        )
        return
      }
      pendingRows += columns.length
      const message: ToRecordWriter = { type: 'write', columns, worker }
      thread.postMessage(message, [...new Set(buffersOf(columns))])
    },
    get pendingRows() {
      return pendingRows
    },
    close: () => {
      const message: ToRecordWriter = { type: 'close' }
      if (!closing && !ended) thread.postMessage(message)
      closing = true
      return closed
    },
  }
}
