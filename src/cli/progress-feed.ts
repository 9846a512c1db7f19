import { systemClock } from '../kernel/clock.ts'
import type { Logger } from '../kernel/logger.ts'
import type { Scenario } from '../model/scenario.ts'
import type { OpenRunOptions } from '../run/open-run.ts'
import type { Host } from './host.ts'
import { startProgress } from './progress.ts'
import { renderRolloutLine } from './progress-line.ts'
import type { ProgressState } from './progress-state.ts'
import { trackProgress } from './progress-tracker.ts'

export interface ProgressFeed {
  readonly onWindow: NonNullable<OpenRunOptions['onWindow']>
  readonly onOpen: NonNullable<OpenRunOptions['onOpen']>
  /** The same log, its lines printed above the live block. */
  above(log: Logger): Logger
  /** A line for a person: above the live block, else plain on stderr; none when quiet. */
  say(line: string): void
  end(): void
}

/** Shows what the log's facts and the engine's windows tell while the run goes on. Shows nothing when quiet. */
export const feedProgress = (host: Host, scenario: Scenario, quiet: boolean): ProgressFeed => {
  const tracker = trackProgress({
    name: scenario.name,
    rollouts: scenario.deployment === null ? 0 : scenario.rollout.restarts,
    durationMs: scenario.load.durationMs,
  })
  let originMs: number | null = null
  const read = (): ProgressState | null =>
    originMs === null ? null : tracker.at(systemClock.nowMs() - originMs)

  const { NO_COLOR, TERM, CI } = host.env
  const live = host.stderr.isTTY && TERM !== 'dumb' && (CI === undefined || CI === '')
  const progress = quiet
    ? null
    : startProgress({
        stream: host.stderr.stream,
        live,
        width: () => host.stderr.columns(),
        height: () => host.stderr.rows(),
        color: live && (NO_COLOR === undefined || NO_COLOR === ''),
        clock: systemClock,
        read,
      })

  return {
    onOpen: ({ info, events }) => {
      originMs = info.startedAt.monotonicUs / 1000
      events.subscribe((event) => {
        tracker.onFact(event)
        const state = live || event.type !== 'rollout.completed' ? null : read()
        if (state !== null) progress?.note(renderRolloutLine(state))
      })
    },
    onWindow: (window) => tracker.onWindow(window),
    above: (log) => {
      if (progress === null || !live) return log
      const note =
        (write: keyof Logger) =>
        (fields: Readonly<Record<string, unknown>>, message: string): void => {
          if (write === 'debug' || write === 'info') log[write](fields, message)
          else
            progress.note(
              `! ${message}${Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`}`,
            )
        }
      return { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
    },
    say: (line) => {
      if (quiet) return
      if (progress !== null && live) progress.note(line)
      else void host.stderr.write(`${line}\n`)
    },
    end: () => progress?.stop(),
  }
}
