import type { EpochMs, RunMs } from '../kernel/units.ts'
import type { PodRef, PodSettings } from './cluster.ts'
import type { Failure, FailureKind, Outcome, Source } from './outcome.ts'
import type { Phase } from './phase.ts'

/** Raised when a reader of bundles must know of a change of meaning. */
export const SCHEMA_VERSION = 1

/** The cluster's claim of when something happened, as an interval: its stamps have a grain of 1 s. */
export type ClusterClaim = { readonly earliestAtMs: EpochMs; readonly latestAtMs: EpochMs } | null

export interface Stamp {
  /** Orders all facts of a run, from 1. */
  readonly seq: number
  /** When we learned of it. */
  readonly atMs: RunMs
}

/** One failed or watched request, as it goes with `request.failed`. The columns of the row, by name. */
export interface RequestFacts {
  readonly requestId: number
  readonly source: Source
  readonly vu: number
  readonly worker: number
  readonly template: string
  readonly method: string
  readonly path: string
  readonly phase: Phase
  readonly rollout: number | null
  readonly intendedAtMs: RunMs
  readonly startedAtMs: RunMs
  readonly writtenAtMs: RunMs | null
  /** When the connection was made that carried it. */
  readonly connectedAtMs: RunMs | null
  readonly firstByteAtMs: RunMs | null
  readonly endedAtMs: RunMs
  readonly connectionId: number
  /** Requests that the connection had carried before; 0 = fresh. */
  readonly requestsOnConnection: number
  readonly idleMs: number | null
  readonly localPort: number | null
  readonly remoteAddress: string | null
  /** The pod that answered, or that this connection last answered from. */
  readonly pod: string | null
}

/** The engine's books, H1: planned = started + dropped; started = ok + failed + cut. Only source `vuser`. */
export interface RequestCounts {
  readonly planned: number
  readonly started: number
  readonly ok: number
  readonly failed: number
  readonly cut: number
  readonly dropped: number
  /** Arrivals that started later than `limits.scheduleLagMs` after their intended time. */
  readonly late: number
}

export type EndReason = 'completed' | 'interrupted' | 'aborted' | 'rollout-stuck'

type RunFact =
  | { readonly type: 'run.started'; readonly runId: string; readonly schemaVersion: number }
  | {
      readonly type: 'run.ended'
      readonly reason: EndReason
      readonly detail: string | null
      /** `null` when the engine could not say. */
      readonly counts: RequestCounts | null
      /** Rows of all sources handed to the bundle's writer. */
      readonly rows: number
    }
  | { readonly type: 'phase.entered'; readonly phase: Phase; readonly rollout: number | null }

type RolloutFact =
  | { readonly type: 'rollout.requested'; readonly index: number }
  | {
      /** The API server accepted the restart; the generation after it. */
      readonly type: 'rollout.acknowledged'
      readonly index: number
      readonly generation: number
      /** Pods that this restart is to replace. */
      readonly oldPods: readonly PodRef[]
    }
  | {
      readonly type: 'rollout.progressed'
      readonly index: number
      readonly wanted: number
      readonly updated: number
      readonly available: number
      readonly old: number
    }
  | {
      /** What the API server said to the eviction of a pod; `refused`: a PodDisruptionBudget does not allow it now. */
      readonly type: 'eviction.answered'
      readonly index: number
      readonly pod: PodRef
      readonly node: string
      readonly answer: 'evicted' | 'refused' | 'gone'
    }
  | { readonly type: 'rollout.completed'; readonly index: number; readonly newReplicaSet: string | null }
  | { readonly type: 'rollout.old-pods-gone'; readonly index: number }
  | { readonly type: 'rollout.stuck'; readonly index: number; readonly reason: string }

type PodFact =
  | {
      readonly type: 'pod.created'
      readonly pod: PodRef
      readonly replicaSet: string | null
      readonly revision: number | null
      readonly settings: PodSettings
      readonly cluster: ClusterClaim
    }
  | {
      readonly type: 'pod.scheduled'
      readonly pod: PodRef
      readonly nodeName: string
      readonly cluster: ClusterClaim
    }
  | {
      readonly type: 'pod.started'
      readonly pod: PodRef
      readonly ip: string | null
      readonly cluster: ClusterClaim
    }
  | { readonly type: 'pod.ready'; readonly pod: PodRef; readonly cluster: ClusterClaim }
  | {
      readonly type: 'pod.not-ready'
      readonly pod: PodRef
      readonly reason: string | null
      readonly cluster: ClusterClaim
    }
  | {
      /** Deletion began: `cluster` is deletionTimestamp − deletionGracePeriodSeconds, widened by the grain. */
      readonly type: 'pod.terminating'
      readonly pod: PodRef
      readonly gracePeriodSeconds: number
      readonly cluster: ClusterClaim
    }
  | {
      readonly type: 'pod.container-exited'
      readonly pod: PodRef
      readonly container: string
      readonly exitCode: number
      readonly reason: string | null
      readonly cluster: ClusterClaim
    }
  | {
      readonly type: 'pod.container-restarted'
      readonly pod: PodRef
      readonly container: string
      readonly restartCount: number
      readonly exitCode: number | null
      readonly reason: string | null
      readonly cluster: ClusterClaim
    }
  | { readonly type: 'pod.deleted'; readonly pod: PodRef; readonly cluster: ClusterClaim }

interface EndpointFields {
  readonly slice: string
  readonly service: string | null
  readonly address: string
  readonly pod: PodRef | null
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
}

type EndpointFact =
  | ({ readonly type: 'endpoint.added' } & EndpointFields)
  | ({ readonly type: 'endpoint.ready' } & EndpointFields)
  | ({ readonly type: 'endpoint.not-ready' } & EndpointFields)
  | ({ readonly type: 'endpoint.terminating' } & EndpointFields)
  | ({ readonly type: 'endpoint.removed' } & EndpointFields)
  | {
      readonly type: 'target.state'
      readonly target: string
      readonly pod: PodRef | null
      readonly state: string
    }

type WorkloadFact =
  | {
      readonly type: 'workload.changed'
      readonly kind: 'Deployment' | 'ReplicaSet'
      readonly name: string
      readonly uid: string
      readonly generation: number | null
      /** The spec changed, and not by us. */
      readonly foreign: boolean
      readonly detail: string
    }
  | {
      /** A core/v1 or events.k8s.io Event. Shown as evidence, never proves. */
      readonly type: 'event.seen'
      readonly reason: string
      readonly message: string
      readonly regarding: { readonly kind: string; readonly name: string; readonly uid: string | null }
      readonly count: number
      readonly cluster: ClusterClaim
    }

type RequestFact =
  | ({ readonly type: 'request.failed'; readonly failure: Failure } & RequestFacts)
  | {
      /** The same request again on a fresh connection, at once after the failure of `requestId`. */
      readonly type: 'twin.finished'
      readonly requestId: number
      readonly outcome: Outcome
      readonly kind: FailureKind | null
      readonly startedAtMs: RunMs
      readonly endedAtMs: RunMs
      readonly remoteAddress: string | null
      readonly pod: string | null
    }
  | {
      /** First failure of a probe path after a success. */
      readonly type: 'probe.failed'
      readonly path: 'fresh' | 'reused'
      readonly startedAtMs: RunMs
      readonly kind: FailureKind
    }
  | { readonly type: 'probe.recovered'; readonly path: 'fresh' | 'reused'; readonly startedAtMs: RunMs }
  | {
      /** A control request failed: on the user's control URL, or on the loopback echo. */
      readonly type: 'control.failed'
      readonly control: 'url' | 'loopback'
      readonly startedAtMs: RunMs
      readonly endedAtMs: RunMs
      readonly kind: FailureKind
    }

type SightFact =
  | { readonly type: 'watch.opened'; readonly resource: string; readonly resourceVersion: string }
  | {
      /** What happened between the two moments may have been missed; `resumedAtMs` null = never again in this run. */
      readonly type: 'watch.gap'
      readonly resource: string
      readonly lostAtMs: RunMs
      readonly resumedAtMs: RunMs | null
      readonly why: string
    }
  | { readonly type: 'watch.relisted'; readonly resource: string; readonly why: string }
  | {
      /** A LIST compared with what the watch had told. */
      readonly type: 'watch.audited'
      readonly resource: string
      readonly resourceVersion: string
      /** `final`: at the end of the run, with resourceVersionMatch=Exact. */
      readonly final: boolean
      readonly agrees: boolean
      readonly detail: string | null
    }
  | { readonly type: 'clock.offset'; readonly offsetMs: number; readonly uncertaintyMs: number }

type OwnFact =
  | {
      readonly type: 'loop.stalled'
      /** `main`, `records`, or `engine-0` … */
      readonly thread: string
      readonly startedAtMs: RunMs
      readonly durationMs: number
    }
  | {
      readonly type: 'engine.self-tested'
      readonly found: number
      readonly of: number
      readonly missed: readonly string[]
    }
  | {
      readonly type: 'engine.saturated'
      readonly startedAtMs: RunMs
      readonly detail: string
      readonly late: number
      readonly dropped: number
    }
  | { readonly type: 'lease.acquired'; readonly name: string }
  | { readonly type: 'lease.lost'; readonly name: string; readonly detail: string }
  | { readonly type: 'journal.written'; readonly path: string }
  | { readonly type: 'journal.restored'; readonly detail: string }
  | { readonly type: 'threshold.crossed'; readonly threshold: string; readonly value: number }

/** A fact without its stamp, as a stage hands it in. */
export type EventDraft =
  | RunFact
  | RolloutFact
  | PodFact
  | EndpointFact
  | WorkloadFact
  | RequestFact
  | SightFact
  | OwnFact

/** A fact of a run: past tense, closed union, `null` = unknown. */
export type RunEvent = Stamp & EventDraft

export type EventType = EventDraft['type']
export type EventOf<T extends EventType> = Extract<RunEvent, { readonly type: T }>

/** Where the stages hand in their facts. Returns the stamped fact. */
export type EventSink = (draft: EventDraft) => RunEvent
