import { readJournal } from '../../src/eventlog/journal-file.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { hasCode } from '../../src/kernel/errors.ts'
import { silentLogger } from '../../src/kernel/logger.ts'
import { type RestoreAnswer, restoreDeployment } from '../../src/run/restore.ts'
import { runCli } from './cli.ts'

/** What a restore told. */
export interface Told {
  readonly isError: boolean
  readonly objects: RestoreAnswer['objects']
}

/** There is nothing by that name, and no folder that knows it. */
const NOTHING: Told = { isError: false, objects: [] }

/** Restores `web` by the function behind the command; with the journal of a folder, or by what the cluster tells alone. */
export const restoreFrom = async (
  kubeconfig: string,
  namespace: string,
  folder: string | null,
): Promise<Told> => {
  const read = folder === null ? null : await readJournal(folder)
  try {
    const { error, objects } = await restoreDeployment({
      kube: { kubeconfig, context: null, env: {} },
      consent: { contextGiven: true, yes: true, expectedClusterUid: null, ask: null },
      target: { namespace, name: 'web' },
      local: read?.ok === true ? read.journal : null,
      dryRun: false,
      journal: null,
      version: '0.0.0',
      clock: systemClock,
      log: silentLogger,
      signal: new AbortController().signal,
    })
    return { isError: error !== null, objects }
  } catch (error) {
    if (hasCode(error, 'KUBE_NOT_FOUND')) return NOTHING
    throw error
  }
}

/** The same by the built program, as a user would. */
export const restoreByProgram = async (
  kubeconfig: string,
  namespace: string,
  folder: string | null,
): Promise<Told> => {
  const subject = ['--deployment', `${namespace}/web`, ...(folder === null ? [] : [folder])]
  const { code, stdout, stderr } = await runCli([
    'restore',
    ...subject,
    '--kubeconfig',
    kubeconfig,
    '-o',
    'json',
  ])
  if (code === 3 && stderr.includes('there is no deployment')) return NOTHING
  if (code !== 0 && code !== 5) throw new Error(`restore ended with ${code}: ${stdout}${stderr}`)
  return { isError: code === 5, objects: JSON.parse(stdout).objects }
}
