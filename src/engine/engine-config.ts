import type { EventDraft, RequestCounts } from '../model/events.ts'
import type { AnsweredBy, FailureKind } from '../model/outcome.ts'
import type { Phase } from '../model/phase.ts'
import type { RequestColumns } from '../model/request-columns.ts'
import type { Limits, LoadPlan, ProbePlan, RequestTemplate, TargetPlan } from '../model/scenario.ts'

/** What the engine needs of a scenario, and of the run it is part of. Travels to the worker threads as it is. */
export interface EngineConfig {
  readonly runId: string
  /** `process.hrtime` in µs: the origin of all RunMs and of all µs columns. */
  readonly startedAtUs: number
  readonly target: TargetPlan
  readonly load: LoadPlan
  readonly requests: readonly RequestTemplate[]
  readonly probes: ProbePlan
  readonly limits: Limits
  readonly seed: number
  /** Worker threads; absent = {@link defaultWorkers}. */
  readonly workers?: number
  /** Phase of the rows before the first {@link Engine.enter}. */
  readonly phase?: Phase
  /** A longer body ends as `check`, and its socket is closed. */
  readonly bodyLimitBytes?: number
}

/** One second of the load, all workers together; only requests of vUsers. */
export interface EngineWindow {
  /** End of the window, ms since the run started. */
  readonly atMs: number
  readonly durationMs: number
  readonly planned: number
  readonly started: number
  readonly ok: number
  readonly failed: number
  readonly cut: number
  readonly dropped: number
  readonly late: number
  readonly failedByKind: Readonly<Partial<Record<FailureKind, number>>>
  /** At the end of the window. */
  readonly inFlight: number
  readonly achievedPerSec: number
  readonly plannedPerSec: number
  /** Of the requests that ended in the window, to within 2 %; `null` = none ended. */
  readonly p50Us: number | null
  readonly p99Us: number | null
}

export interface EngineHooks {
  /** request.failed, twin.finished, probe.failed/recovered, control.failed, loop.stalled, engine.saturated. */
  readonly onFact: (draft: EventDraft) => void
  /** A chunk of rows that now belongs to the caller: every 5 s, every 100,000 rows, and at the end. */
  readonly onColumns: (columns: RequestColumns, worker: number) => void
  readonly onWindow?: (window: EngineWindow) => void
}

export interface Engine {
  readonly workers: number
  /** Starts the threads and then the load. Rejects with ENGINE_FAILED when a thread does not come up. */
  start(): Promise<void>
  /** Rows that start from now on carry this phase; `rollout` from 1, `null` outside of rollouts. */
  enter(phase: Phase, rollout: number | null): void
  /** The books, once the load is used up or was stopped and every row and fact was handed over. */
  readonly done: Promise<RequestCounts>
  /** No new requests; those in flight get `graceMs` (default 1,000), then they are cut. Safe to call twice. */
  stop(graceMs?: number): Promise<RequestCounts>
}

export const DEFAULT_BODY_LIMIT_BYTES = 64 * 1024 * 1024
export const CHUNK_ROWS = 100_000
export const CHUNK_MS = 5_000
export const STOP_GRACE_MS = 1_000

/** Numbers of LAYERS, for the rows. */
export const layerIndex = (layer: AnsweredBy | null): number =>
  layer === null ? 0 : layer === 'app' ? 1 : layer === 'proxy' ? 2 : 3

/** Requests per second that a plan asks for; `Infinity` for closed users that never pause. */
export const plannedPerSec = (load: LoadPlan): number => {
  if (load.model === 'open') return load.ratePerSec
  const pauseMs = Math.max(load.paceMs, load.thinkMs)
  return pauseMs === 0 ? Number.POSITIVE_INFINITY : (load.vus * 1000) / pauseMs
}

/** 1 thread below 5,000 requests/s, else one per core but one, at most 4; never more threads than users. */
export const defaultWorkers = (load: LoadPlan, cores: number): number => {
  const users = load.model === 'open' ? load.maxVus : load.vus
  const wanted = plannedPerSec(load) < 5_000 ? 1 : Math.min(4, cores - 1)
  return Math.max(1, Math.min(wanted, users))
}
