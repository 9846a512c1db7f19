import { readStudyFolder } from '../eventlog/study-folder.ts'
import { HarnessError } from '../kernel/errors.ts'
import { REDACTED } from '../kernel/redact.ts'
import type { Scenario } from '../model/scenario.ts'
import { SCENARIO_FLAGS } from '../scenario/from-flags.ts'
import type { Flags } from './command.ts'

export interface ResumedScenario {
  readonly scenario: Scenario
  /** The study was started with --lab. */
  readonly lab: boolean
}

/**
 * The scenario of a study, from its own folder: `--resume FOLDER` without a scenario. Throws USAGE when flags would change it, or
 * when something of it was too secret to be kept; BUNDLE_INVALID.
 */
export const resumedScenario = async (folder: string, flags: Flags): Promise<ResumedScenario> => {
  const given = [...SCENARIO_FLAGS, 'variant'].filter((name) => flags[name] !== undefined)
  if (given.length > 0) {
    throw new HarnessError('USAGE', `--resume without a scenario takes no --${given.join(', --')}`, {
      hint: 'a study is gone on with as it was started; give its scenario file when it was started with these flags',
    })
  }
  const { info } = await readStudyFolder(folder)
  if (JSON.stringify(info.scenario).includes(REDACTED)) {
    throw new HarnessError('USAGE', `the study in ${folder} does not hold its secrets or request bodies`, {
      hint: 'give its scenario file too: rollproof run SCENARIO --resume FOLDER',
    })
  }
  return { scenario: info.scenario, lab: info.cluster.isOwnLab }
}
