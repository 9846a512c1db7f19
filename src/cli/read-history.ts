import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Argv } from 'yargs'
import { type HistoryRun, historyRunOf } from '../correlator/budget/history-run.ts'
import { correlate } from '../correlator/correlate.ts'
import { readInfo } from '../eventlog/bundle-folder.ts'
import { withBundle } from '../eventlog/bundle-reader.ts'
import { BUNDLE_FILES } from '../eventlog/bundle-writer.ts'
import { HarnessError, messageOf } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { RunReport } from '../model/finding.ts'
import { reportSchema } from '../report/report-schema.ts'
import type { Flags } from './command.ts'
import { textFlag } from './flags.ts'

/** The report that a bundle was left with, when it is one; else the bundle is judged anew. */
const reportOf = async (dir: string): Promise<RunReport> => {
  try {
    const value: unknown = JSON.parse(await readFile(join(dir, 'report.json'), 'utf8'))
    if (reportSchema.safeParse(value).success) return value as RunReport
  } catch {
    // Absent or cut: the facts are what counts.
  }
  return withBundle(dir, (bundle) => correlate(bundle).report)
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

/**
 * The runs whose bundles lie in `folder`, for a history budget. What is no bundle is passed over; a bundle that cannot be read is
 * told to `log` and left out. Throws USAGE when the folder cannot be read: a history that is missing by mistake is no empty one.
 */
export const readHistory = async (folder: string, log: Logger): Promise<readonly HistoryRun[]> => {
  const root = resolve(folder)
  const names = await readdir(root).catch((error: unknown) => {
    throw new HarnessError('USAGE', `--budget-from: cannot read ${folder}: ${messageOf(error)}`, {
      hint: 'give the folder that holds the bundles of earlier runs, as --out names it',
      cause: error,
    })
  })
  const runs: HistoryRun[] = []
  for (const name of names.sort()) {
    const dir = join(root, name)
    if (!(await isFile(join(dir, BUNDLE_FILES.info)))) continue
    try {
      const info = await readInfo(join(dir, BUNDLE_FILES.info))
      if (info.command === 'run') runs.push(historyRunOf(info, await reportOf(dir)))
    } catch (error) {
      log.warn({ bundle: dir }, `left out of the history: ${messageOf(error)}`)
    }
  }
  return runs
}

/** `--budget-from`, for commands that judge a run. */
export const withBudgetFlag = (cli: Argv): Argv =>
  cli.option('budget-from', {
    type: 'string',
    requiresArg: true,
    group: 'Output:',
    describe: 'Allow what the earlier runs of this test in a folder support, instead of no failure',
  })

/** The history that the flags ask for; `null` = none. Throws USAGE. */
export const historyOf = async (flags: Flags, log: Logger): Promise<readonly HistoryRun[] | null> => {
  const folder = textFlag(flags, 'budget-from')
  return folder === null ? null : readHistory(folder, log)
}
