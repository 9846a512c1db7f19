import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HarnessError } from '../kernel/errors.ts'
import { fileError } from './file-error.ts'

/** Where a {@link Spool} keeps some bytes. */
export type Spooled = { readonly bytes: ArrayBuffer } | { readonly fileAt: number }

/**
 * Keeps bytes for this process: in memory up to a limit, the rest in a scratch file of the system's temporary folder. The
 * file has no name while it is used, so that nothing of it is left however the process ends.
 */
export interface Spool {
  put(bytes: ArrayBuffer): Spooled
  /** The buffer that holds `length` bytes from byte `from` of what was put, and where they begin in it: `scratch` or its own. */
  get(where: Spooled, from: number, length: number, scratch: ArrayBuffer): { buffer: ArrayBuffer; at: number }
  /** Bytes in the file. */
  readonly onDisk: number
  /** Nothing can be read any more. Safe to call twice. */
  close(): void
}

export interface SpoolOptions {
  /** Bytes kept in memory before a file is made. */
  readonly inMemory: number
  /** The folder for the file; the system's by default. */
  readonly folder?: string
}

/** Without a place for a file, or when its disk is full, everything stays in memory: slower machines, same result. */
export const createSpool = ({ inMemory, folder = tmpdir() }: SpoolOptions): Spool => {
  let held = 0
  let file: number | null = null
  let fileEnd = 0
  let closed = false
  let useFile = true

  const toFile = (bytes: ArrayBuffer): Spooled | null => {
    try {
      file ??= openNameless(folder)
      const view = new Uint8Array(bytes)
      let written = 0
      while (written < view.length)
        written += writeSync(file, view, written, view.length - written, fileEnd + written)
    } catch {
      useFile = false
      return null
    }
    const fileAt = fileEnd
    fileEnd += bytes.byteLength
    return { fileAt }
  }

  return {
    put: (bytes) => {
      if (useFile && held + bytes.byteLength > inMemory) {
        const place = toFile(bytes)
        if (place !== null) return place
      }
      held += bytes.byteLength
      return { bytes }
    },
    get: (where, from, length, scratch) => {
      if ('bytes' in where) return { buffer: where.bytes, at: from }
      if (closed || file === null) throw new HarnessError('INTERNAL', 'the rows of a closed bundle were read')
      let read = 0
      try {
        while (read < length) {
          const got = readSync(file, new Uint8Array(scratch), read, length - read, where.fileAt + from + read)
          if (got === 0) throw new Error('it is shorter than what was written')
          read += got
        }
      } catch (error) {
        throw fileError(`cannot read the scratch file in ${folder}`, error)
      }
      return { buffer: scratch, at: 0 }
    },
    get onDisk() {
      return fileEnd
    },
    close: () => {
      if (file !== null && !closed) closeSync(file)
      closed = true
    },
  }
}

const openNameless = (folder: string): number => {
  const own = mkdtempSync(join(folder, 'rollproof-'))
  try {
    return openSync(join(own, 'rows'), 'wx+', 0o600)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}
