import { systemClock } from '../kernel/clock.ts'
import type { Logger } from '../kernel/logger.ts'
import type { RunEvent } from '../model/events.ts'
import type { Scenario } from '../model/scenario.ts'
import type { OpenRunOptions } from '../run/open-run.ts'
import type { Host } from './host.ts'
import { startProgress } from './progress.ts'
import type { PodProgress, PodState, ProgressState } from './progress-view.ts'

type Window = Parameters<NonNullable<OpenRunOptions['onWindow']>>[0]

export interface ProgressFeed {
  readonly onWindow: NonNullable<OpenRunOptions['onWindow']>
  readonly onOpen: NonNullable<OpenRunOptions['onOpen']>
  /** The same log, its lines printed above the live block. */
  above(log: Logger): Logger
  /** A line for a person: above the live block, else plain on stderr; none when quiet. */
  say(line: string): void
  end(): void
}

const HISTORY_S = 120
const CLEAR_NOTICE_MS = 5_000

/** Keeps the state that the live view shows, from the log's facts and the engine's windows. Shows nothing when quiet. */
export const feedProgress = (host: Host, scenario: Scenario, quiet: boolean): ProgressFeed => {
  const pods = new Map<string, PodProgress>()
  const counts = { started: 0, ok: 0, failed: 0 }
  const failedByKind: Record<string, number> = {}
  const endedPerSec: number[] = []
  const failedPerSec: number[] = []
  let last: Window | null = null
  let phase = 'preflight'
  let rollout: number | null = null
  let originMs: number | null = null
  let loadStartedAtMs: number | null = null
  let notice: { readonly text: string; readonly atMs: number } | null = null

  const setPod = (uid: string, name: string, state: PodState, revision?: number | null): void => {
    const before = pods.get(uid)
    pods.set(uid, { name, state, revision: revision === undefined ? (before?.revision ?? null) : revision })
  }

  const onFact = (event: RunEvent): void => {
    switch (event.type) {
      case 'phase.entered':
        phase = event.phase
        if (event.phase === 'steady' || event.phase === 'baseline') loadStartedAtMs = event.atMs
        rollout = event.rollout
        return
      case 'pod.created':
        setPod(event.pod.uid, event.pod.name, 'pending', event.revision)
        return
      case 'pod.started':
      case 'pod.not-ready':
        if (pods.get(event.pod.uid)?.state !== 'terminating')
          setPod(event.pod.uid, event.pod.name, 'not-ready')
        return
      case 'pod.ready':
        if (pods.get(event.pod.uid)?.state !== 'terminating') setPod(event.pod.uid, event.pod.name, 'ready')
        return
      case 'pod.terminating':
        setPod(event.pod.uid, event.pod.name, 'terminating')
        return
      case 'pod.container-exited':
        setPod(event.pod.uid, event.pod.name, 'exited')
        return
      case 'pod.deleted':
        pods.delete(event.pod.uid)
        return
      case 'rollout.stuck':
        notice = { text: `rollout ${event.index} is stuck: ${event.reason}`, atMs: Number.POSITIVE_INFINITY }
        return
      case 'watch.gap':
        notice = { text: `the watch of ${event.resource} had a gap: ${event.why}`, atMs: event.atMs }
        return
      case 'loop.stalled':
        // The main thread only watches and draws; a stall there delays no request.
        if (event.thread === 'main' || event.thread === 'records') return
        notice = { text: `${event.thread} stalled for ${Math.round(event.durationMs)} ms`, atMs: event.atMs }
        return
      default:
        return
    }
  }

  const read = (): ProgressState | null => {
    if (originMs === null) return null
    const elapsedMs = systemClock.nowMs() - originMs
    return {
      name: scenario.name,
      phase,
      rollout,
      rollouts: scenario.deployment === null ? 0 : scenario.rollout.restarts,
      elapsedMs,
      expectedMs:
        scenario.load.durationMs === null || loadStartedAtMs === null
          ? null
          : loadStartedAtMs + scenario.load.durationMs,
      ...counts,
      failedByKind,
      inFlight: last?.inFlight ?? 0,
      endedPerSec,
      failedPerSec,
      p50Us: last?.p50Us ?? null,
      p99Us: last?.p99Us ?? null,
      pods: [...pods.values()],
      notice: notice !== null && elapsedMs - notice.atMs < CLEAR_NOTICE_MS ? notice.text : null,
    }
  }

  const { NO_COLOR, TERM, CI } = host.env
  const live = host.stderr.isTTY && TERM !== 'dumb' && (CI === undefined || CI === '')
  const progress = quiet
    ? null
    : startProgress({
        stream: host.stderr.stream,
        live,
        width: () => host.stderr.columns(),
        color: live && (NO_COLOR === undefined || NO_COLOR === ''),
        clock: systemClock,
        read,
      })

  return {
    onOpen: ({ info, events }) => {
      originMs = info.startedAt.monotonicUs / 1000
      events.subscribe(onFact)
    },
    onWindow: (window) => {
      last = window
      counts.started += window.started
      counts.ok += window.ok
      counts.failed += window.failed
      for (const [kind, n] of Object.entries(window.failedByKind))
        failedByKind[kind] = (failedByKind[kind] ?? 0) + n
      const seconds = Math.max(0.001, window.durationMs / 1000)
      endedPerSec.push(Math.round((window.ok + window.failed) / seconds))
      failedPerSec.push(Math.round(window.failed / seconds))
      if (endedPerSec.length > HISTORY_S) {
        endedPerSec.shift()
        failedPerSec.shift()
      }
    },
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
