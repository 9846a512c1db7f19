import type { EventDraft, RequestCounts } from '../model/events.ts'
import { PHASES, type Phase } from '../model/phase.ts'
import type { RequestColumns } from '../model/request-columns.ts'
import type { EngineConfig } from './engine-config.ts'
import type { WindowPart } from './window.ts'

/** `workerData` of an engine worker. */
export interface WorkerSetup {
  readonly role: 'engine-worker'
  readonly config: EngineConfig
  readonly worker: number
  readonly workers: number
  readonly shared: SharedArrayBuffer
}

export type ToWorker =
  | { readonly type: 'begin'; readonly beginAtUs: number }
  | { readonly type: 'stop'; readonly graceMs: number }

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'facts'; readonly facts: readonly EventDraft[] }
  | { readonly type: 'columns'; readonly columns: RequestColumns }
  | { readonly type: 'window'; readonly part: WindowPart }
  | { readonly type: 'finished'; readonly counts: RequestCounts }

/** What all threads of one engine see at once: the requests left, and the phase that new requests belong to. */
export interface SharedState {
  /** Takes one of the requests left. `false` = none is left. */
  takeRequest(): boolean
  enter(phase: Phase, rollout: number | null): void
  /** Index into PHASES, plus 256 × rollout. */
  readonly phaseTag: number
}

const BUDGET = 0
const PHASE = 1
export const SHARED_BYTES = 8

export const sharedState = (buffer: SharedArrayBuffer, limited: boolean): SharedState => {
  const cells = new Int32Array(buffer)
  return {
    takeRequest: () => !limited || Atomics.sub(cells, BUDGET, 1) > 0,
    enter: (phase, rollout) => {
      Atomics.store(cells, PHASE, PHASES.indexOf(phase) + 256 * (rollout ?? 0))
    },
    get phaseTag() {
      return Atomics.load(cells, PHASE)
    },
  }
}

/** Memory for {@link sharedState} with `requests` left; `null` = no limit. */
export const allocateShared = (requests: number | null): SharedArrayBuffer => {
  const buffer = new SharedArrayBuffer(SHARED_BYTES)
  new Int32Array(buffer)[BUDGET] = requests ?? 0
  return buffer
}
