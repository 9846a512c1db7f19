import { relative } from 'node:path'
import { type HarnessError, hasCode } from '../kernel/errors.ts'
import type { RunReport } from '../model/finding.ts'
import type { Prediction } from '../model/prediction.ts'
import type { RunInfo } from '../model/run-info.ts'
import type { Scenario } from '../model/scenario.ts'
import { predictionLines } from '../report/predictions.ts'
import type { OpenRunOptions } from '../run/open-run.ts'
import type { Flags } from './command.ts'
import { switchFlag, textFlag } from './flags.ts'
import { runInStep, showInStep } from './github-actions.ts'
import type { Host } from './host.ts'
import { type Interrupt, interruptible } from './interrupt.ts'
import { judgeApart } from './judge-apart.ts'
import { createLogger } from './logger.ts'
import { feedProgress } from './progress-feed.ts'
import { historyOf } from './read-history.ts'
import { type OutputMode, printReport } from './render-run.ts'
import { undiciVersion, version } from './version.ts'

/** What a run is given by the command line. */
export type RunParts = Pick<OpenRunOptions, 'outDir' | 'onWindow' | 'onOpen' | 'log'> & {
  readonly onPredictions: (predictions: readonly Prediction[]) => void
  readonly signal: AbortSignal
}

export interface Execution {
  readonly flags: Flags
  readonly host: Host
  readonly scenario: Scenario
}

export type Run = (parts: RunParts) => Promise<{ readonly dir: string; readonly error: HarnessError | null }>

export const versionsOf = (host: Host): RunInfo['versions'] => ({
  rollproof: version(),
  node: host.platform.node,
  undici: undiciVersion(),
  os: host.platform.os,
})

/** `--output`, as yargs has checked it. */
const outputMode = (flags: Flags): OutputMode => (textFlag(flags, 'output') ?? 'terminal') as OutputMode

export const logLevel = (flags: Flags): 'debug' | 'warn' | 'error' =>
  switchFlag(flags, 'verbose') ? 'debug' : switchFlag(flags, 'quiet') ? 'error' : 'warn'

/**
 * One run from start to report: progress while it runs, then the verdict from its bundle, the files beside it, and the
 * report on stdout. A signal stops the run; the report of what there is comes all the same.
 */
export const runOnce = async (
  { flags, host, scenario, interrupt }: Execution & { readonly interrupt: Interrupt },
  run: Run,
): Promise<{ readonly report: RunReport }> => {
  // Before the run: a folder that cannot be read is found before anything is restarted.
  const history = await historyOf(flags, createLogger(host, logLevel(flags)))
  const progress = feedProgress(host, scenario, switchFlag(flags, 'quiet'))
  try {
    const { dir, error } = await run({
      outDir: textFlag(flags, 'out') ?? 'reports',
      onWindow: progress.onWindow,
      onOpen: progress.onOpen,
      onPredictions: (predictions) => {
        for (const line of predictionLines(predictions)) progress.say(line)
      },
      log: progress.above(createLogger(host, logLevel(flags))),
      signal: interrupt.signal,
    })
    progress.end()
    const report = await judgeApart(dir, history)
    await printReport(host, report, outputMode(flags))
    if (!switchFlag(flags, 'quiet')) await host.stderr.write(`bundle: ${relative(host.cwd, dir) || dir}\n`)
    if (error !== null && (hasCode(error, 'NOT_RESTORED') || hasCode(error, 'INTERNAL'))) throw error
    return { report }
  } finally {
    progress.end()
  }
}

/** {@link runOnce} as a whole command: returns the exit code. */
export const execute = (execution: Execution, run: Run): Promise<number> =>
  interruptible(execution.host, undefined, async (interrupt) => {
    const { report } = await runOnce({ ...execution, interrupt }, run)
    await showInStep(execution.host, execution.flags, runInStep(report), true)
    return report.exitCode
  })
