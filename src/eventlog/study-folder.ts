import { open, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import type { StudyInfo, StudyProgress } from '../model/study-record.ts'
import { syncFolder, writeAtomic } from './bundle-writer.ts'
import { errnoOf, fileError } from './file-error.ts'
import { checkSchemaVersion } from './jsonl-reader.ts'

/** Names in the folder of a study. */
export const STUDY_FILES = {
  info: 'study.json',
  progress: 'progress.jsonl',
  blocks: 'blocks',
  comparison: 'comparison.json',
} as const

/** A study as its files tell it; the runs themselves are bundles in `blocks/`. */
export interface StudyFolder {
  /** Absolute path. */
  readonly dir: string
  readonly info: StudyInfo
  readonly progress: readonly StudyProgress[]
}

export const writeStudyInfo = (dir: string, info: StudyInfo): Promise<void> =>
  writeAtomic(dir, STUDY_FILES.info, `${JSON.stringify(info, null, 2)}\n`)

/** Whether `path` is the folder of a study, or a file in it. */
export const isStudyFolder = async (path: string): Promise<boolean> => {
  const isFile = async (file: string): Promise<boolean> =>
    stat(file).then(
      (found) => found.isFile(),
      () => false,
    )
  return (await isFile(join(path, STUDY_FILES.info))) || (await isFile(join(dirname(path), STUDY_FILES.info)))
}

/** Reads a study: its folder, or a file in it. Throws BUNDLE_INVALID. */
export const readStudyFolder = async (path: string): Promise<StudyFolder> => {
  const full = resolve(path)
  const found = await stat(full).catch((error: unknown) => {
    throw fileError(`cannot read ${path}`, error, 'BUNDLE_INVALID')
  })
  const dir = found.isDirectory() ? full : dirname(full)
  const info = parseInfo(await readText(join(dir, STUDY_FILES.info)), dir)
  const lines = await readText(join(dir, STUDY_FILES.progress)).catch((error: unknown) => {
    if (error instanceof HarnessError && errnoOf(error.cause) === 'ENOENT') return ''
    throw error
  })
  return { dir, info, progress: parseProgress(lines, join(dir, STUDY_FILES.progress)) }
}

const readText = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(`cannot read ${path}`, error, 'BUNDLE_INVALID')
  })

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const invalid = (path: string, what: string): HarnessError =>
  new HarnessError('BUNDLE_INVALID', `${path} ${what}`, {
    hint: 'give the folder of a study, as `rollproof run` prints it: reports/<name>-<start>-<id>',
  })

const SHAPE: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: (value) => typeof value === 'string',
  name: (value) => typeof value === 'string',
  scenario: (value) => isRecord(value) && isRecord(value.study) && Array.isArray(value.study.variants),
  scenarioHash: (value) => typeof value === 'string',
  order: Array.isArray,
  cluster: (value) => isRecord(value) && isRecord(value.deployment),
}

const parseInfo = (text: string, dir: string): StudyInfo => {
  const path = join(dir, STUDY_FILES.info)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw invalid(path, `is not JSON: ${messageOf(error)}`)
  }
  if (!isRecord(value)) throw invalid(path, 'is not an object')
  checkSchemaVersion(value.schemaVersion, STUDY_FILES.info)
  const wrong = Object.entries(SHAPE).find(([key, fits]) => !fits(value[key]))
  if (wrong !== undefined) throw invalid(path, `has no usable ${wrong[0]}`)
  return value as unknown as StudyInfo
}

/** A line that a crash cut off is as if it had not been written; any other that cannot be read makes the whole unusable. */
const parseProgress = (text: string, path: string): StudyProgress[] => {
  const lines = text.split('\n')
  lines.pop()
  return lines.flatMap((line, at) => {
    if (line === '') return []
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      value = null
    }
    if (isRecord(value) && typeof value.type === 'string') return [value as unknown as StudyProgress]
    // Cut off by a crash, then gone on with by the next session.
    if (lines[at + 1]?.includes('"session.started"') === true) return []
    throw invalid(path, `cannot be used: line ${at + 1} is not readable`)
  })
}

export interface StudyProgressLog {
  /** Resolves when the entry is on disk. Throws OUTPUT_NOT_WRITABLE. */
  append(entry: StudyProgress): Promise<void>
  close(): Promise<void>
}

/** Opens `progress.jsonl`, new or to go on with. Throws OUTPUT_NOT_WRITABLE. */
export const openStudyProgress = async (dir: string): Promise<StudyProgressLog> => {
  const path = join(dir, STUDY_FILES.progress)
  const failed = (error: unknown) => fileError(`cannot write ${path}`, error)
  const before = await readFile(path, 'utf8').catch(() => '')
  const file = await open(path, 'a', 0o644).catch((error: unknown) => {
    throw failed(error)
  })
  const write = async (text: string): Promise<void> => {
    try {
      await file.appendFile(text)
      await file.datasync()
    } catch (error) {
      throw failed(error)
    }
  }
  // After a crash in mid-line the next entry begins a line of its own.
  if (before !== '' && !before.endsWith('\n')) await write('\n')
  await syncFolder(dir)
  return { append: (entry) => write(`${JSON.stringify(entry)}\n`), close: () => file.close() }
}
