import type { RunMs } from '../kernel/units.ts'
import type { CauseId } from './cause.ts'
import type { FailureKind } from './outcome.ts'
import type { PredictionReport } from './prediction.ts'

export type { CauseId } from './cause.ts'

/** A group of failures beside the causes. */
export type CauseGroup = 'ambiguous' | 'harness' | 'unexplained'

export type ConfidenceLevel = 'high' | 'medium' | 'low'

export interface RuledOut {
  readonly cause: CauseId
  readonly because: string
}

/** What one failure was decided to be: one line of findings.jsonl. */
export interface FailureVerdict {
  readonly requestId: number
  readonly kind: FailureKind
  /** A cause id, or its group when no cause could be named. Harness guards keep their F id here. */
  readonly cause: CauseId | CauseGroup
  /** `B9` and the like: how it came about, where that is not the root. */
  readonly mechanism: CauseId | null
  readonly confidence: ConfidenceLevel
  readonly startedAtMs: RunMs
  readonly endedAtMs: RunMs
  readonly pod: string | null
  readonly rollout: number | null
  readonly vu: number
  readonly method: string
  readonly path: string
  readonly template: string
  readonly status: number | null
  readonly message: string
  readonly requestsOnConnection: number
  readonly localPort: number | null
  readonly remoteAddress: string | null
  /** What the twin probe said: ok, its failure kind, or null = no twin. */
  readonly twin: string | null
  /** seq of the facts that speak for it. */
  readonly evidence: readonly number[]
  readonly ruledOut: readonly RuledOut[]
  /** With `ambiguous`: the causes that cannot be told apart, and what would tell them. */
  readonly candidates: readonly CauseId[]
  readonly separator: string | null
}

/** All failures of one cause. */
export interface Finding {
  readonly cause: CauseId | CauseGroup
  readonly mechanism: CauseId | null
  readonly title: string
  readonly confidence: { readonly level: ConfidenceLevel; readonly p: number | null }
  readonly count: number
  /** The first 1,000. */
  readonly requestIds: readonly number[]
  readonly evidence: readonly number[]
  readonly ruledOut: readonly RuledOut[]
  readonly candidates: readonly CauseId[]
  readonly fix: string
}

export type Verdict = 'passed' | 'failed' | 'inconclusive'

/** A gate or threshold and whether it holds; `null` = could not be shown. */
export interface Reason {
  /** H1 … H10, or the text of a threshold. */
  readonly id: string
  readonly claim: string
  readonly value: string
  readonly limit: string
  readonly holds: boolean | null
}

export interface DrainStatistics {
  /** Pod terminations measured. */
  readonly n: number
  /** Of these, the pod stopped listening before the last request would have come: the true value is larger. */
  readonly censored: number
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly maxMs: number | null
}

/** What a preStop of `preStopSeconds` would have made of the run. */
export interface DrainCurvePoint {
  readonly preStopSeconds: number
  /** Failures on new connections; not whole where a request may have met one of several pods. */
  readonly expected: number
  /** 95 % interval for another run with as many pod terminations. */
  readonly low: number
  readonly high: number
  /** Beyond what was seen: only a bound, since the curve never rises. */
  readonly extrapolated: boolean
  /** Kept-alive connections that still carried a request later than this: they never leave by themselves. */
  readonly reused: number
}

/** Failures that would have been at other values of preStop, from the arrivals of this run. */
export interface DrainCurve {
  /** Largest preStop, s, for which each arrival that would have failed was seen. */
  readonly support: number
  readonly terminations: number
  readonly points: readonly DrainCurvePoint[]
  /** For what it holds: path, kind of connection, load, and the model; a sentence each. */
  readonly validity: readonly string[]
}

export interface DrainRecommendation {
  readonly preStopSeconds: number
  readonly terminationGracePeriodSeconds: number
  /** Strategic merge patch of the Deployment, YAML; '' when the present settings are these already. */
  readonly patch: string
  /** The arithmetic, in words. */
  readonly because: string
}

export interface LatencySummary {
  readonly count: number
  readonly p50Us: number
  readonly p90Us: number
  readonly p99Us: number
  readonly p999Us: number
  readonly maxUs: number
  /** The same from the intended start (open model, pacing): free of coordinated omission. */
  readonly fromIntended: {
    readonly p50Us: number
    readonly p90Us: number
    readonly p99Us: number
    readonly p999Us: number
    readonly maxUs: number
  }
}

export interface PodReport {
  readonly name: string
  readonly uid: string
  readonly revision: number | null
  readonly node: string | null
  readonly createdAtMs: RunMs | null
  readonly readyAtMs: RunMs | null
  readonly terminatingAtMs: RunMs | null
  /** When SIGTERM is due: termination start + effective preStop. */
  readonly sigtermAtMs: RunMs | null
  readonly exitedAtMs: RunMs | null
  readonly exitCode: number | null
  readonly goneAtMs: RunMs | null
  readonly lastNewConnectionAtMs: RunMs | null
  readonly lastRequestAtMs: RunMs | null
  readonly failed: number
}

export interface RolloutReport {
  /** From 1. */
  readonly index: number
  readonly requestedAtMs: RunMs
  readonly completedAtMs: RunMs | null
  readonly oldPodsGoneAtMs: RunMs | null
  readonly requests: number
  readonly failed: number
  /** Time in which probes of at least one path failed, from the request of this restart to that of the next; `null` without probes. */
  readonly outageMs?: number | null
  /** Good answers to requests that started while it was rolling. */
  readonly p50Us?: number | null
  readonly p99Us?: number | null
  /** Ready endpoints when it was requested, and the fewest until its old pods were gone; `null` = no endpoint was seen. */
  readonly readyBefore?: number | null
  readonly fewestReady?: number | null
  readonly vusersAffected?: number
  /** Successes that were slow enough to be a retry. */
  readonly hidden?: number
}

/** Latency of one class of pod age. */
export interface PodAgeLatency extends LatencySummary {
  /** ms since Ready when the request started; `null` = the pod was Ready before the run. */
  readonly fromMs: number | null
  /** `null` = without end. */
  readonly toMs: number | null
}

/** Requests per second of the run, for charts: entry i is second i. */
export interface Windows {
  readonly started: readonly number[]
  readonly ok: readonly number[]
  readonly failed: readonly number[]
  /** `null` where nothing ended. */
  readonly p50Us: readonly (number | null)[]
  readonly p99Us: readonly (number | null)[]
}

/** `report.json`. */
export interface RunReport {
  readonly schemaVersion: number
  readonly runId: string
  readonly name: string
  readonly command: 'run' | 'load'
  /** What was tested, for the head of the reports; absent when the bundle does not say. */
  readonly subject?: {
    readonly target: string
    /** `namespace/name`; `null` in `load`. */
    readonly deployment: string | null
    /** The load in words: `300 vUsers, one request per 1 s each, keep-alive`. */
    readonly load: string
  }
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  readonly verdict: Verdict
  readonly exitCode: number
  readonly reasons: readonly Reason[]
  /** What broke, why, what to change. */
  readonly sentences: readonly [string, string, string]
  /** What this run cannot tell: resolution, bounds, accepted gates, labels. */
  readonly limitations: readonly string[]
  readonly requests: {
    readonly planned: number
    readonly started: number
    readonly ok: number
    readonly failed: number
    readonly cut: number
    readonly dropped: number
  }
  readonly failures: {
    readonly byKind: Readonly<Record<string, number>>
    readonly byCause: Readonly<Record<string, number>>
    readonly byRollout: readonly { readonly index: number; readonly failed: number }[]
    readonly byPod: Readonly<Record<string, number>>
    /** vUsers with at least one failure. */
    readonly vusersAffected: number
    /** Successes that were slow enough to be a proxy's retry or a connect timeout. */
    readonly hidden: number
  }
  readonly failureList: readonly FailureVerdict[]
  readonly outage: {
    readonly anyMs: number
    readonly allMs: number
    readonly longestMs: number
    readonly method: string
  } | null
  readonly rollouts: readonly RolloutReport[]
  readonly pods: readonly PodReport[]
  readonly drain: {
    readonly newConnections: DrainStatistics
    readonly reusedConnections: DrainStatistics
    readonly recommendation: DrainRecommendation | null
    /** `null` = no pod ended, or no request can be matched to one. */
    readonly curve?: DrainCurve | null
  } | null
  readonly findings: readonly Finding[]
  /** What was predicted before the load, and what became of it; absent when nothing could be predicted. */
  readonly predictions?: PredictionReport
  readonly latency: {
    readonly byPhase: Readonly<Record<string, LatencySummary>>
    /** Absent where no answer could be given to a pod. */
    readonly byPodAge?: readonly PodAgeLatency[]
  }
  /** Upper 95 % bounds on failure, printed beside every zero: per pod termination and per request. */
  readonly bounds: {
    readonly terminations: number
    readonly perTermination: number | null
    readonly requests: number
    readonly perRequest: number | null
  }
  /** Phases as intervals, for the bands of the timeline. */
  readonly phases: readonly {
    readonly phase: string
    readonly rollout: number | null
    readonly fromMs: RunMs
    readonly toMs: RunMs
  }[]
  /** Watch gaps and stalls: what is greyed out. */
  readonly blind: readonly { readonly what: string; readonly fromMs: RunMs; readonly toMs: RunMs }[]
  readonly windows: Windows
}
