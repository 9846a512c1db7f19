import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  JOURNAL_VERSION,
  type JournalEntry,
  type JournalLog,
  type JournalRecord,
  type LocalJournal,
  readRecord,
} from '../model/journal.ts'
import { syncFolder } from './bundle-writer.ts'
import { errnoOf, fileError } from './file-error.ts'

export const JOURNAL_FILE = 'journal.jsonl'

type Opened = Extract<JournalEntry, { readonly type: 'opened' }>

export interface JournalFile extends JournalLog {
  /** Safe to call twice. */
  close(): Promise<void>
}

/**
 * Opens the journal of a run or study in its folder, new or to go on with, and writes who it is. Each entry is fsynced, the
 * file's name too, before `append` resolves, and one is written after the other. Throws OUTPUT_NOT_WRITABLE.
 */
export const openJournal = async (
  folder: string,
  opened: Omit<Opened, 'type' | 'schemaVersion'>,
): Promise<JournalFile> => {
  const path = join(folder, JOURNAL_FILE)
  const failed = (error: unknown) => fileError(`cannot write ${path}`, error)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return ''
    throw failed(error)
  })
  const file = await open(path, 'a', 0o644).catch((error: unknown) => {
    throw failed(error)
  })
  let queue: Promise<void> = Promise.resolve()
  let closing: Promise<void> | null = null
  const write = async (line: string): Promise<void> => {
    try {
      await file.appendFile(line)
      await file.datasync()
    } catch (error) {
      throw failed(error)
    }
  }
  const append = (entry: JournalEntry): Promise<void> => {
    const turn = queue.then(() => write(`${JSON.stringify(entry)}\n`))
    queue = turn.catch(() => {})
    return turn
  }
  try {
    // After a crash in mid-line the next entry begins a line of its own.
    if (text !== '' && !text.endsWith('\n')) await write('\n')
    await append({ type: 'opened', schemaVersion: JOURNAL_VERSION, ...opened })
    await syncFolder(folder)
  } catch (error) {
    await file.close()
    throw error
  }
  return {
    path,
    append,
    close: () => {
      closing ??= queue.then(() => file.close())
      return closing
    },
  }
}

export type JournalRead =
  | { readonly ok: true; readonly journal: LocalJournal }
  /** Why it is not used, as the end of a sentence; and of which Deployment it is, as far as that could be read. */
  | { readonly ok: false; readonly why: string; readonly deployment: Opened['deployment'] | null }

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const openedOf = (value: Readonly<Record<string, unknown>>): Opened | string => {
  const { schemaVersion, runId, version, server, clusterUid, deployment } = value
  if (typeof schemaVersion === 'number' && schemaVersion > JOURNAL_VERSION) {
    return `it is of version ${schemaVersion}, and this rollproof reads ${JOURNAL_VERSION}`
  }
  if (schemaVersion !== JOURNAL_VERSION) return 'its version is not usable'
  const isWhole =
    [runId, version, server].every(isText) &&
    (clusterUid === null || isText(clusterUid)) &&
    isRecord(deployment) &&
    [deployment.namespace, deployment.name, deployment.uid].every(isText)
  return isWhole ? (value as unknown as Opened) : 'its first line is not usable'
}

const recordsOf = (value: unknown): readonly JournalRecord[] | string => {
  if (!Array.isArray(value) || value.length === 0) return 'it names no objects'
  const read = value.map(readRecord)
  const wrong = read.find((one) => !one.ok)
  return wrong?.ok === false ? wrong.why : read.flatMap((one) => (one.ok ? [one.record] : []))
}

const unusable = (why: string, opened: Opened | null): JournalRead => ({
  ok: false,
  why,
  deployment: opened?.deployment ?? null,
})

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/**
 * The text of a journal → what a restore can use of it. Pure. A line that a crash cut off counts as not written (what it
 * was to precede was never sent); any other line that cannot be read makes the whole unusable.
 */
export const readJournalLines = (text: string): JournalRead => {
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  let opened: Opened | null = null
  let records: readonly JournalRecord[] | null = null
  const restarts: string[] = []
  let isTorn = last !== ''
  for (const [at, line] of lines.entries()) {
    if (line === '') continue
    const value = parsed(line)
    const next = parsed(lines[at + 1] ?? '')
    if (!isRecord(value)) {
      // Cut off by a crash, then gone on with.
      if (isRecord(next) && next.type === 'opened') {
        isTorn = true
        continue
      }
      return unusable(`line ${at + 1} is not readable`, opened)
    }
    switch (value.type) {
      case 'opened': {
        const found = openedOf(value)
        if (typeof found === 'string') return unusable(found, opened)
        if (opened !== null && opened.deployment.uid !== found.deployment.uid) {
          return unusable('it is of two Deployments', opened)
        }
        opened = found
        break
      }
      case 'applying': {
        const found = recordsOf(value.records)
        if (typeof found === 'string') return unusable(`line ${at + 1}: ${found}`, opened)
        records = found
        break
      }
      case 'restarting':
        if (!isText(value.restartedAt)) return unusable(`line ${at + 1} has no restart`, opened)
        restarts.push(value.restartedAt)
        break
      case 'restored':
        records = null
        break
      case 'applied':
        break
      default:
        return unusable(`line ${at + 1} is of an unknown type`, opened)
    }
    if (opened === null) return unusable('it does not say whose it is', opened)
  }
  if (opened === null) return unusable('it has no whole line', opened)
  return { ok: true, journal: { opened, open: records, restarts, isTorn } }
}

/** Reads the journal of a folder (or the file itself). Never throws: what cannot be read is not used, and says why. */
export const readJournal = async (path: string): Promise<JournalRead> => {
  const file = path.endsWith('.jsonl') ? path : join(path, JOURNAL_FILE)
  try {
    return readJournalLines(await readFile(file, 'utf8'))
  } catch (error) {
    return unusable(fileError(`${file} cannot be read`, error).message, null)
  }
}
