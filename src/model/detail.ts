import type { RunMs } from '../kernel/units.ts'
import type { PodSettings } from './cluster.ts'
import type { FailureVerdict } from './finding.ts'
import type { AnsweredBy, FailureKind, Outcome } from './outcome.ts'

/** When something happened, within bounds, ms since run start; `null` = that bound is not known. */
export interface Bounds {
  readonly earliestMs: number | null
  readonly latestMs: number | null
}

/**
 * vUser requests over time, entry i is the bin from i·binMs. Starts, failures and intended starts count where the
 * request started or should have; good answers and their latency where they came.
 */
export interface Series {
  readonly binMs: number
  readonly started: readonly number[]
  /** Where the plan had put the requests that were sent. */
  readonly intended: readonly number[]
  readonly ok: readonly number[]
  readonly failed: readonly number[]
  /** Failed ones by kind: bin and count in turn, bins without any left out. */
  readonly failedByKind: Readonly<Record<string, readonly number[]>>
  /** Mean number of requests under way. */
  readonly inFlight: readonly number[]
  /** Of good answers, from the intended start; `null` where none came. */
  readonly p50Us: readonly (number | null)[]
  readonly p99Us: readonly (number | null)[]
  /** What the plan asks for once everyone is there; `null` where it names no rate. */
  readonly plannedPerSec: number | null
}

/** Good answers by when they came and how long they took from their intended start. */
export interface HeatMap {
  readonly columnMs: number
  /** Upper edges of the rows, µs; the last row has none. */
  readonly edgesUs: readonly number[]
  /** Counts, column by column: entry column · rows + row. */
  readonly counts: readonly number[]
}

/** Traffic of one ending pod around its termination. */
export interface DrainDetail {
  /** From the latest moment at which the termination can have begun until the last new connection; `null` = none. */
  readonly newMs: number | null
  /** The pod stopped listening first: the true value may be larger. */
  readonly censored: boolean
  readonly reusedMs: number | null
  /** Start of the last failed request that was still sent to it, since then; `null` = none. */
  readonly lastFailedMs: number | null
  /** End of the last request that it answered, since then; `null` = none. */
  readonly lastAnswerMs: number | null
  /** Traffic over time; entry i is the bin from fromMs + i·binMs. */
  readonly fromMs: number
  readonly binMs: number
  readonly inFlight: readonly number[]
  /** Under way, and failed in the end. */
  readonly inVain: readonly number[]
  readonly requests: readonly number[]
  readonly newConnections: readonly number[]
  readonly failed: readonly number[]
}

export interface PodDetail {
  readonly uid: string
  readonly replicaSet: string | null
  readonly ip: string | null
  readonly settings: PodSettings | null
  readonly gracePeriodSeconds: number | null
  readonly created: Bounds | null
  readonly scheduled: Bounds | null
  readonly started: Bounds | null
  readonly ready: Bounds | null
  readonly terminating: Bounds | null
  readonly sigterm: Bounds | null
  readonly exited: Bounds | null
  readonly exitReason: string | null
  readonly gone: Bounds | null
  /** Endpoint conditions, each until the next. */
  readonly endpoint: readonly {
    readonly atMs: number
    readonly state: 'ready' | 'serving' | 'terminating' | 'not-ready' | 'removed'
  }[]
  /** Health of its load balancer target, each until the next. */
  readonly target: readonly { readonly atMs: number; readonly state: string }[]
  /** Restarts of its containers. */
  readonly restarts: readonly { readonly atMs: number; readonly exitCode: number | null }[]
  /** Kubernetes Events about it: evidence, never proof. */
  readonly events: readonly {
    readonly seq: number
    readonly atMs: number
    readonly reason: string
    readonly message: string
  }[]
  /** `null` for a pod that did not end, or whose traffic cannot be told. */
  readonly drain: DrainDetail | null
}

/** One request on the connection that failed later. */
export interface PriorRequest {
  readonly startedAtMs: number
  readonly tookMs: number
  readonly outcome: Outcome
  readonly pod: string | null
}

/** What is known of one failed request beyond its verdict. */
export interface FailureDetail {
  readonly requestId: number
  /** seq of its request.failed. */
  readonly seq: number | null
  /** The pod that it is known to have met, and how. */
  readonly podUid: string | null
  readonly podBy: 'identity' | 'address' | null
  readonly phase: string
  readonly intendedAtMs: number
  readonly writtenAtMs: number | null
  readonly connectedAtMs: number | null
  readonly firstByteAtMs: number | null
  readonly idleMs: number | null
  readonly code: string | null
  readonly layer: AnsweredBy | null
  readonly worker: number
  readonly connectionId: number
  readonly twin: {
    readonly startedAtMs: RunMs
    readonly endedAtMs: RunMs
    readonly outcome: Outcome
    readonly kind: FailureKind | null
    readonly remoteAddress: string | null
    readonly pod: string | null
  } | null
  /** The last requests that its connection had carried, in order. */
  readonly history: readonly PriorRequest[]
}

/** A success as slow as a retry. */
export interface HiddenRequest {
  readonly requestId: number
  readonly startedAtMs: number
  readonly tookMs: number
  readonly vu: number
  readonly template: string
  readonly pod: string | null
  readonly rollout: number | null
}

/** What the HTML report shows beyond `report.json`: too much for that file, and made anew from the bundle each time. */
export interface RunDetail {
  readonly series: Series
  readonly heat: HeatMap | null
  /** By uid, in the order of `RunReport.pods`. */
  readonly pods: readonly PodDetail[]
  /** All of them, in the order of findings.jsonl. */
  readonly verdicts: readonly FailureVerdict[]
  /** Entry i belongs to verdict i. */
  readonly failures: readonly FailureDetail[]
  /** The first 1,000. */
  readonly hidden: readonly HiddenRequest[]
}
