import { relative } from 'node:path'
import { powerLines } from '../correlator/plan-power.ts'
import { systemClock } from '../kernel/clock.ts'
import { hasCode } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { Scenario } from '../model/scenario.ts'
import { predictionLines } from '../report/predictions.ts'
import type { BlockEnd } from '../run/study/run-block.ts'
import type { RunStudyOptions, runStudy } from '../run/study/run-study.ts'
import { blockText } from '../run/study/study-session.ts'
import { describeScenario } from '../scenario/describe-scenario.ts'
import type { Flags } from './command.ts'
import { logLevel, versionsOf } from './execute.ts'
import { EXIT } from './exit-code.ts'
import { switchFlag, textFlag } from './flags.ts'
import { showInStep } from './github-actions.ts'
import type { Host } from './host.ts'
import { interruptible } from './interrupt.ts'
import { judgeApart } from './judge-apart.ts'
import { createLogger } from './logger.ts'
import { feedProgress, type ProgressFeed } from './progress-feed.ts'
import { checkStudyOutput, judgeStudy, studyInStep, studyText, writeStudy } from './render-study.ts'

/** What the command line adds to a study. */
export type StudyParts = Omit<
  RunStudyOptions,
  'scenario' | 'source' | 'kube' | 'consent' | 'isOwnLab' | 'resume'
>

export interface StudyExecution {
  readonly flags: Flags
  readonly host: Host
  readonly scenario: Scenario
  readonly lab: boolean
}

/**
 * A study as a whole command: the plan first, progress while it runs, then the comparison from its folder. A signal stops it after
 * what was applied is put back; the comparison of what there is comes all the same. Returns the exit code.
 */
export const executeStudy = async (
  { flags, host, scenario, lab }: StudyExecution,
  run: (parts: StudyParts) => ReturnType<typeof runStudy>,
): Promise<number> => {
  checkStudyOutput(textFlag(flags, 'output'))
  return interruptible(
    host,
    'stopping and putting back, then the comparison of what there is',
    async (interrupt) => {
      const quiet = switchFlag(flags, 'quiet')
      const say = async (line: string): Promise<void> => {
        if (!quiet) await host.stderr.write(`${line}\n`)
      }
      const base = createLogger(host, logLevel(flags))
      let feed: ProgressFeed | null = null
      const log: Logger = {
        debug: (fields, message) => (feed?.above(base) ?? base).debug(fields, message),
        info: (fields, message) => (feed?.above(base) ?? base).info(fields, message),
        warn: (fields, message) => (feed?.above(base) ?? base).warn(fields, message),
        error: (fields, message) => (feed?.above(base) ?? base).error(fields, message),
      }
      const pace = blockPace()
      const { dir, error } = await run({
        outDir: textFlag(flags, 'out') ?? 'reports',
        versions: versionsOf(host),
        clock: systemClock,
        log,
        signal: interrupt.signal,
        onPredictions: (predictions) => {
          for (const line of predictionLines(predictions)) void say(line)
        },
        onPlan: ({ replicas, left }) => {
          const plan = describeScenario(scenario, { command: 'run', lab, replicas, detects: powerLines })
          const done = left.length > 0 ? `${left.length} blocks to go` : 'nothing left to do'
          void say([...plan, done].join('\n'))
        },
        onBlock: (block, of) => {
          void say(`━━ ${blockText(block, of)}${pace.toGo(block.index, of)}`)
          pace.started()
          const own = feedProgress(host, scenario, quiet)
          feed = own
          return {
            onWindow: own.onWindow,
            onOpen: own.onOpen,
            ended: (end) => {
              own.end()
              feed = null
              pace.ended()
              void say(`   ${endText(end)}`)
            },
          }
        },
        judge: (bundle) => judgeApart(bundle),
      })
      const judged = await judgeStudy(dir)
      await writeStudy(judged, null)
      await host.stdout.write(studyText(host, judged, textFlag(flags, 'output')))
      await showInStep(host, flags, studyInStep(judged), true)
      await say(`study: ${relative(host.cwd, dir) || dir}`)
      if (error !== null) {
        await say(`stopped: ${error.message}${error.hint === null ? '' : ` (${error.hint})`}`)
        if (hasCode(error, 'NOT_RESTORED') || hasCode(error, 'INTERNAL')) throw error
      }
      return error === null ? judged.verdict.exitCode : EXIT.inconclusive
    },
  )
}

/** How long the blocks of this session take, and so how long the rest will. */
const blockPace = () => {
  let blocks = 0
  let totalMs = 0
  let startedAtMs = 0
  return {
    started: (): void => {
      startedAtMs = systemClock.nowMs()
    },
    ended: (): void => {
      blocks += 1
      totalMs += systemClock.nowMs() - startedAtMs
    },
    toGo: (index: number, of: number): string =>
      blocks === 0 || index > of
        ? ''
        : ` (≈ ${Math.ceil(((of - index + 1) * totalMs) / blocks / 60_000)} min to go)`,
  }
}

const endText = (end: BlockEnd | null): string => {
  if (end === null) return 'stopped'
  switch (end.kind) {
    case 'measured': {
      const { requests, bounds, verdict } = end.report
      return `${verdict}: ${requests.failed} of ${requests.started} requests failed, ${bounds.terminations} pod terminations`
    }
    case 'half':
      return `broken off, does not count: ${end.detail}`
    case 'unfit':
      return `the variant cannot be measured and is left out: ${end.why}`
  }
}
