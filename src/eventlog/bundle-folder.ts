import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import type { RunInfo } from '../model/run-info.ts'
import { BUNDLE_FILES } from './bundle-writer.ts'
import { fileError } from './file-error.ts'
import { checkSchemaVersion } from './jsonl-reader.ts'

const NO_BUNDLE_HINT =
  'give the folder of a run, as `rollproof run` prints it: reports/<name>-<start>-<run id>'

/** The bundle that `path` is, or that holds the file `path`; absolute. Throws BUNDLE_INVALID when there is none. */
export const bundleFolderOf = async (path: string): Promise<string> => {
  const full = resolve(path)
  const found = await stat(full).catch((error: unknown) => {
    throw new HarnessError('BUNDLE_INVALID', fileError(`cannot read ${path}`, error).message, {
      hint: NO_BUNDLE_HINT,
      cause: error,
    })
  })
  const folder = found.isDirectory() ? full : dirname(full)
  const dir = basename(folder) === BUNDLE_FILES.requests ? dirname(folder) : folder
  const names = await readdir(dir).catch((error: unknown) => {
    throw fileError(`cannot read ${dir}`, error, 'BUNDLE_INVALID')
  })
  if (names.includes(BUNDLE_FILES.info)) return dir
  throw new HarnessError('BUNDLE_INVALID', `${path} is no run bundle: ${BUNDLE_FILES.info} is not there`, {
    hint: NO_BUNDLE_HINT,
  })
}

/** Reads `run.json`. Throws BUNDLE_INVALID when it is not readable, of a newer version, or lacks what all need. */
export const readInfo = async (path: string): Promise<RunInfo> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(`cannot read ${path}`, error, 'BUNDLE_INVALID')
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new HarnessError('BUNDLE_INVALID', `${path} is not JSON: ${messageOf(error)}`, {
      hint: NO_BUNDLE_HINT,
      cause: error,
    })
  }
  if (!isRecord(value)) throw new HarnessError('BUNDLE_INVALID', `${path} is not an object`)
  checkSchemaVersion(value.schemaVersion, BUNDLE_FILES.info)
  const wrong = Object.entries(INFO_SHAPE).find(([key, fits]) => !fits(value[key]))
  if (wrong !== undefined) {
    throw new HarnessError('BUNDLE_INVALID', `${path} has no usable ${wrong[0]}`, { hint: NO_BUNDLE_HINT })
  }
  return value as unknown as RunInfo
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What later stages cannot do without. */
const INFO_SHAPE: Readonly<Record<string, (value: unknown) => boolean>> = {
  runId: (value) => typeof value === 'string' && value !== '',
  name: (value) => typeof value === 'string',
  command: (value) => value === 'run' || value === 'load',
  versions: isRecord,
  startedAt: (value) =>
    isRecord(value) && typeof value.monotonicUs === 'number' && typeof value.epochMs === 'number',
  scenario: (value) =>
    isRecord(value) &&
    ['target', 'load', 'rollout', 'limits', 'probes'].every((key) => isRecord(value[key])) &&
    ['requests', 'thresholds', 'acceptUnproven'].every((key) => Array.isArray(value[key])),
}
