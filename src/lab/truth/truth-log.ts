import { closeSync, openSync, writeSync } from 'node:fs'

/** One thing that the lab knows to have gone wrong for a request; a line of the truth file. */
export interface TruthLine {
  /** What the client sent as X-Request-Id; `null` when it never reached us. */
  readonly requestId: string | null
  readonly clientPort: number | null
  /** Address that the client was sent to or was connected with. */
  readonly remoteAddress: string
  /** CLOCK_MONOTONIC in µs, the clock of `process.hrtime` of every process of this machine. */
  readonly atMonotonicUs: number
  /** What happened, in words. */
  readonly mechanism: string
  readonly pod: string | null
  /** Id of the catalogue. */
  readonly cause: string
  /** The cause behind the cause, where the catalogue has one: of A9 and D4. */
  readonly root?: string
}

export interface TruthLog {
  write(line: TruthLine): void
  close(): void
}

/** Appends whole lines; several processes of the lab may hold the same file. Throws what `open` throws. */
export const openTruthLog = (path: string): TruthLog => {
  const fd = openSync(path, 'a')
  let open = true
  return {
    write: (line) => {
      if (open)
        writeSync(fd, `${JSON.stringify({ ...line, atMonotonicUs: Math.round(line.atMonotonicUs) })}\n`)
    },
    close: () => {
      if (open) closeSync(fd)
      open = false
    },
  }
}

export const noTruthLog: TruthLog = { write: () => {}, close: () => {} }
