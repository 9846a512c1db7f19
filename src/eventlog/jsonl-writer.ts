import { type FileHandle, open } from 'node:fs/promises'
import type { Clock } from '../kernel/clock.ts'
import type { HarnessError } from '../kernel/errors.ts'
import { fileError } from './file-error.ts'

export interface JsonlWriter {
  /** Queues one value as a line. Returns false when the queue is long: a producer that can wait awaits {@link drained}. */
  append(value: unknown): boolean
  /** Resolves when the queue is short again. */
  drained(): Promise<void>
  /** Resolves when all that was appended so far is handed to the system, or has failed. */
  flush(): Promise<void>
  /** Flushes, fsyncs, closes. Safe to call twice. Never rejects: errors went to `onError`. */
  close(): Promise<void>
  /** Lines on disk. */
  readonly written: number
  /** Lines that an error kept from the disk. */
  readonly lost: number
}

export interface JsonlWriterOptions {
  readonly clock: Clock
  /** Called once, at the first error (ENOSPC, EACCES, EIO …); from then on lines are counted as lost. */
  readonly onError: (error: HarnessError) => void
  /** Most ms a line stays in memory. */
  readonly flushEveryMs?: number
  /** Queued bytes from which `append` answers false. */
  readonly highWaterBytes?: number
  /** Queued bytes from which a write starts at once. */
  readonly batchBytes?: number
  /** How the file is made: exclusively, by default. */
  readonly openFile?: (path: string) => Promise<FileHandle>
}

/**
 * Appends JSON Lines to a new file. Lines are written in order, many at a time; at most `flushEveryMs` (250) of facts
 * are lost when the process is killed. The file must not exist: a run never writes into another one's bundle.
 * Throws OUTPUT_NOT_WRITABLE when the file cannot be made.
 */
export const openJsonlWriter = async (path: string, options: JsonlWriterOptions): Promise<JsonlWriter> => {
  const { flushEveryMs = 250, highWaterBytes = 16 * 2 ** 20, batchBytes = 2 ** 16 } = options
  const openFile = options.openFile ?? ((name) => open(name, 'wx', 0o644))
  const file = await openFile(path).catch((error: unknown) => {
    throw fileError(`cannot create ${path}`, error)
  })
  let queue: string[] = []
  let queuedBytes = 0
  let written = 0
  let lost = 0
  let failed = false
  let writing: Promise<void> | null = null
  let closing: Promise<void> | null = null
  let waiting: (() => void)[] = []

  const release = (): void => {
    if (queuedBytes > highWaterBytes / 2) return
    const callbacks = waiting
    waiting = []
    for (const resolve of callbacks) resolve()
  }

  const writeBatch = async (): Promise<void> => {
    const lines = queue
    const bytes = Buffer.from(lines.join(''))
    queue = []
    queuedBytes = 0
    try {
      if (failed) throw new Error('an earlier write failed')
      await writeAll(file, bytes)
      written += lines.length
    } catch (error) {
      lost += lines.length
      if (!failed) options.onError(fileError(`cannot write ${path}`, error))
      failed = true
    }
    release()
  }

  /** One loop at a time empties the queue. */
  const drain = (): Promise<void> => {
    writing ??= (async () => {
      while (queue.length > 0) await writeBatch()
      writing = null
    })()
    return writing
  }

  const stopTimer = options.clock.every(flushEveryMs, () => {
    if (queue.length > 0) void drain()
  })

  const end = async (): Promise<void> => {
    stopTimer()
    await drain()
    try {
      await file.sync()
    } catch (error) {
      if (!failed) options.onError(fileError(`cannot write ${path}`, error))
      failed = true
    }
    await file.close().catch(() => {})
  }

  return {
    append: (value) => {
      if (closing !== null) {
        lost += 1
        return false
      }
      const line = `${JSON.stringify(value)}\n`
      queue.push(line)
      queuedBytes += line.length
      if (queuedBytes >= batchBytes) void drain()
      return queuedBytes < highWaterBytes
    },
    drained: () =>
      queuedBytes < highWaterBytes
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.push(resolve)
            void drain()
          }),
    flush: async () => {
      await drain()
    },
    close: () => {
      closing ??= end()
      return closing
    },
    get written() {
      return written
    },
    get lost() {
      return lost
    },
  }
}

/** A write may take only a part of the bytes (a nearly full disk): go on until all are taken or it fails. */
const writeAll = async (file: FileHandle, bytes: Buffer): Promise<void> => {
  let at = 0
  while (at < bytes.length) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at)
    at += bytesWritten
  }
}
