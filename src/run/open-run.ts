import { createEngine } from '../engine/engine.ts'
import type { Engine, EngineWindow } from '../engine/engine-config.ts'
import { watchLoop } from '../engine/loop-watch.ts'
import { createBundle, estimateBundleBytes } from '../eventlog/bundle-writer.ts'
import { createEventLog, type EventLog } from '../eventlog/event-log.ts'
import { buildRunInfo } from '../eventlog/header.ts'
import { openJsonlWriter } from '../eventlog/jsonl-writer.ts'
import { createRecordWriter, type RecordWriter } from '../eventlog/record-writer.ts'
import { createRunId } from '../eventlog/run-id.ts'
import { type Clock, monotonicUs } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import { epochMs, runMs } from '../kernel/units.ts'
import { type EndReason, type EventSink, type RequestCounts, SCHEMA_VERSION } from '../model/events.ts'
import type { Phase } from '../model/phase.ts'
import type { ClusterFacts, RunInfo } from '../model/run-info.ts'
import type { Scenario } from '../model/scenario.ts'
import { createTeardown } from './teardown.ts'

export interface OpenRunOptions {
  readonly command: RunInfo['command']
  readonly scenario: Scenario
  readonly cluster: ClusterFacts | null
  readonly target: RunInfo['target']
  readonly versions: RunInfo['versions']
  /** When something had to be named after the run before it was opened; a new one else. */
  readonly runId?: string
  readonly outDir: string
  /** Name of the bundle's folder, when the run is a block of a study. */
  readonly folder?: string
  /** Of which study it is a block. */
  readonly study?: RunInfo['study']
  readonly clock: Clock
  readonly log: Logger
  /** Each second of the load. */
  readonly onWindow?: ((window: EngineWindow) => void) | undefined
  /** Told of the log as soon as it is open, before the first fact. */
  readonly onOpen?:
    | ((opened: { readonly info: RunInfo; readonly dir: string; readonly events: EventLog }) => void)
    | undefined
}

/** A run whose bundle is open and whose engine is ready to start. */
export interface OpenRun {
  readonly dir: string
  readonly info: RunInfo
  readonly sink: EventSink
  readonly engine: Engine
  /** Enters a phase: the fact, and the tag of the rows that start from now on. */
  enter(phase: Phase, rollout: number | null): void
  /** Aborts with a HarnessError when the bundle can no longer be written or a thread died. */
  readonly broken: AbortSignal
  /** Ends the books: no more facts after this. Safe to call twice. */
  close(reason: EndReason, detail: string | null, counts: RequestCounts | null): Promise<void>
}

const expectedRequests = ({ load }: Scenario): number => {
  if (load.requests !== null) return load.requests
  const seconds = (load.durationMs ?? 600_000) / 1000
  const perSec =
    load.model === 'open' ? load.ratePerSec : (load.vus * 1000) / Math.max(load.paceMs, load.thinkMs, 10)
  return Math.min(10_000_000, Math.ceil(perSec * seconds))
}

/**
 * Makes the bundle, opens the log and builds the engine, in this order, so that whatever cannot be written is found
 * before a request is sent. Throws OUTPUT_NOT_WRITABLE.
 */
export const openRun = async (options: OpenRunOptions): Promise<OpenRun> => {
  const { scenario, clock, log } = options
  const startedAtUs = monotonicUs()
  const startedAtMs = startedAtUs / 1000
  const startEpochMs = epochMs(clock.epochMs())
  const runId = options.runId ?? createRunId(startEpochMs)
  const bundle = await createBundle({
    outDir: options.outDir,
    name: scenario.name,
    runId,
    startedAtMs: startEpochMs,
    needBytes: estimateBundleBytes(expectedRequests(scenario)),
    ...(options.folder === undefined ? {} : { folder: options.folder }),
  })
  const broken = new AbortController()
  const breakWith = (error: unknown): void => {
    log.error({ error: error instanceof Error ? error.message : String(error) }, 'the run cannot go on')
    broken.abort(error)
  }
  const cleanup = createTeardown(log)
  const writer = await openJsonlWriter(bundle.eventsPath, { clock, onError: breakWith })
  const events = createEventLog({ clock, startedAtMs, writer, onError: breakWith })
  const records: RecordWriter = createRecordWriter({ folder: bundle.requestsDir, onError: breakWith })

  let rows = 0
  const engine = createEngine(
    {
      runId,
      startedAtUs,
      target: scenario.target,
      // In a run the rollouts decide when the load ends; the duration is only its least length.
      load: options.command === 'run' ? { ...scenario.load, durationMs: null } : scenario.load,
      requests: scenario.requests,
      probes: scenario.probes,
      limits: scenario.limits,
      seed: scenario.seed,
    },
    {
      onFact: (draft) => {
        events.sink(draft)
      },
      onColumns: (columns, worker) => {
        rows += columns.length
        records.write(columns, worker)
      },
      ...(options.onWindow === undefined ? {} : { onWindow: options.onWindow }),
    },
  )
  const info = buildRunInfo({
    runId,
    command: options.command,
    versions: options.versions,
    monotonicUs: startedAtUs,
    epochMs: startEpochMs,
    workers: engine.workers,
    scenario,
    cluster: options.cluster,
    target: options.target,
    ...(options.study === undefined ? {} : { study: options.study }),
  })
  await bundle.writeInfo(info)
  options.onOpen?.({ info, dir: bundle.dir, events })
  events.sink({ type: 'run.started', runId, schemaVersion: SCHEMA_VERSION })
  cleanup.add(
    'loop watch',
    watchLoop(clock, scenario.limits.stallMs, (stall) => {
      events.sink({
        type: 'loop.stalled',
        thread: 'main',
        startedAtMs: runMs(stall.startedAtMs - startedAtMs),
        durationMs: stall.durationMs,
      })
    }),
  )

  let closing: Promise<void> | null = null
  const close = async (
    reason: EndReason,
    detail: string | null,
    counts: RequestCounts | null,
  ): Promise<void> => {
    await cleanup.run()
    const written = await records.close()
    if (written.lost > 0) log.error({ rows: written.lost }, 'request rows were lost')
    events.sink({ type: 'phase.entered', phase: 'end', rollout: null })
    events.sink({ type: 'run.ended', reason, detail, counts, rows })
    await events.close()
  }

  return {
    dir: bundle.dir,
    info,
    sink: events.sink,
    engine,
    enter: (phase, rollout) => {
      engine.enter(phase, rollout)
      events.sink({ type: 'phase.entered', phase, rollout })
    },
    broken: broken.signal,
    close: (reason, detail, counts) => {
      closing ??= close(reason, detail, counts)
      return closing
    },
  }
}

/** The typed reason of an aborted signal. */
export const abortReason = (signal: AbortSignal): HarnessError =>
  signal.reason instanceof HarnessError
    ? signal.reason
    : new HarnessError('INTERRUPTED', 'the run was interrupted', { cause: signal.reason })
