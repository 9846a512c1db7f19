import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { HarnessError } from '../kernel/errors.ts'
import type { EpochMs } from '../kernel/units.ts'
import type { RunInfo } from '../model/run-info.ts'
import { errnoOf, fileError } from './file-error.ts'

/** Names in a bundle (docs/bundle). */
export const BUNDLE_FILES = {
  info: 'run.json',
  events: 'events.jsonl',
  requests: 'requests',
  findings: 'findings.jsonl',
  report: 'report.json',
} as const

export interface BundleFolder {
  /** Absolute path. */
  readonly dir: string
  readonly eventsPath: string
  readonly requestsDir: string
  /** Writes `run.json`, whole or not at all. */
  writeInfo(info: RunInfo): Promise<void>
  /** Writes any other file of the bundle, whole or not at all. */
  write(name: string, text: string): Promise<void>
  /** Removes the bundle again: for a run that ended before it began. */
  discard(): Promise<void>
}

export interface BundleOptions {
  /** Folder of all bundles; made when it is not there. */
  readonly outDir: string
  readonly name: string
  readonly runId: string
  readonly startedAtMs: EpochMs
  /** Name of its folder in `outDir`, when it is one of several runs; made of name, start and run id else. */
  readonly folder?: string
  /** Refuses a disk with less free space than this. */
  readonly needBytes?: number
}

const DEFAULT_NEED_BYTES = 64 * 2 ** 20

/**
 * Makes `<outDir>/<name>-<UTC start>-<run id>/` before the run starts, and so proves that it can be written.
 * Throws OUTPUT_NOT_WRITABLE: no right to write, read-only or full disk, a file or a dangling link in the way.
 */
export const createBundle = async (options: BundleOptions): Promise<BundleFolder> => {
  const outDir = resolve(options.outDir)
  const dir = join(outDir, options.folder ?? bundleName(options))
  const requestsDir = join(dir, BUNDLE_FILES.requests)
  try {
    await makeFolders(outDir)
    // Not recursive: a folder or link of this name that is already there is refused, never written through.
    await mkdir(dir)
    await mkdir(requestsDir)
  } catch (error) {
    throw fileError(`cannot create the report folder ${dir}`, error)
  }
  const discard = (): Promise<void> => rm(dir, { recursive: true, force: true })
  try {
    await checkFreeSpace(outDir, options.needBytes ?? DEFAULT_NEED_BYTES)
    await writeAtomic(dir, '.probe', '')
    await rm(join(dir, '.probe'))
  } catch (error) {
    await discard()
    throw error
  }
  return {
    dir,
    eventsPath: join(dir, BUNDLE_FILES.events),
    requestsDir,
    writeInfo: (info) => writeAtomic(dir, BUNDLE_FILES.info, `${JSON.stringify(info, null, 2)}\n`),
    write: (name, text) => writeAtomic(dir, name, text),
    discard,
  }
}

/**
 * `mkdir -p`. Node's own `recursive: true` never ends below a folder that answers ENOENT although it exists (/proc, a
 * dangling link).
 */
export const makeFolders = async (path: string): Promise<void> => {
  const failure = await mkdir(path).then(
    () => null,
    (error: unknown) => error,
  )
  if (failure === null) return
  const errno = errnoOf(failure)
  if (errno === 'EEXIST' && (await stat(path)).isDirectory()) return
  const parent = dirname(path)
  if (errno !== 'ENOENT' || parent === path) throw failure
  await makeFolders(parent)
  await mkdir(path).catch((error: unknown) => {
    // Another run that starts at this moment may have made it.
    if (errnoOf(error) !== 'EEXIST') throw error
  })
}

/** `spring-300-20261121T213638Z-1n5g0k7-9x3qd`; characters that a path could trip over become `-`. */
export const bundleName = ({
  name,
  startedAtMs,
  runId,
}: Pick<BundleOptions, 'name' | 'startedAtMs' | 'runId'>): string => {
  const start = new Date(startedAtMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '')
  const safe = name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 63)
  return `${safe === '' ? 'run' : safe}-${start}-${runId}`
}

const checkFreeSpace = async (outDir: string, needBytes: number): Promise<void> => {
  const { bavail, bsize } = await statfs(outDir).catch((error: unknown) => {
    throw fileError(`cannot ask for the free space of ${outDir}`, error)
  })
  const freeBytes = bavail * bsize
  if (freeBytes >= needBytes) return
  throw new HarnessError(
    'OUTPUT_NOT_WRITABLE',
    `${outDir} has ${mebibytes(freeBytes)} MiB free; this run may need ${mebibytes(needBytes)} MiB`,
    { hint: 'free some space, or choose another folder with --out' },
  )
}

const mebibytes = (bytes: number): number => Math.floor(bytes / 2 ** 20)

/**
 * Bytes that a run of so many requests may need on disk: measured 20 bytes a row at most in ordinary runs, taken
 * threefold, and room for the facts and the report.
 */
export const estimateBundleBytes = (requests: number): number => DEFAULT_NEED_BYTES + requests * 60

/**
 * Writes a text file whole or not at all: temporary name, fsync, rename, fsync of the folder. An existing file of
 * that name is replaced. Throws OUTPUT_NOT_WRITABLE.
 */
export const writeAtomic = async (dir: string, name: string, text: string): Promise<void> => {
  if (basename(name) !== name) throw new HarnessError('INTERNAL', `${name} is no file name`)
  const temporary = join(dir, `.${name}.${randomBytes(4).toString('hex')}.tmp`)
  try {
    const file = await open(temporary, 'wx', 0o644)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, join(dir, name))
    await syncFolder(dir)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw fileError(`cannot write ${join(dir, name)}`, error)
  }
}

/** The rename itself must reach the disk. Some file systems refuse to fsync a folder; then there is no more to do. */
export const syncFolder = async (dir: string): Promise<void> => {
  const folder = await open(dir, 'r')
  try {
    await folder.sync().catch(() => {})
  } finally {
    await folder.close()
  }
}
