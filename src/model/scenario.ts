import type { Choreography, UndoMoment } from './choreography.ts'
import type { LabPlan } from './lab-plan.ts'
import type { StudyPlan } from './study.ts'

/** How vUsers use connections. `mixed`: a share of the requests opens a new one. `pool`: shared by all vUsers. */
export type ConnectionProfile =
  | { readonly kind: 'keep-alive' }
  | { readonly kind: 'fresh' }
  | { readonly kind: 'mixed'; readonly freshRatio: number }
  | { readonly kind: 'pool' }

interface LoadLimits {
  /** The load ends after this time; `null` = the rollouts decide (run), or `requests` does (load). */
  readonly durationMs: number | null
  /** Total over all vUsers; `null` = no limit. */
  readonly requests: number | null
  readonly connections: ConnectionProfile
  /** Deadline of a whole request with its connect. */
  readonly timeoutMs: number
  /** The client closes a connection that has been idle this long. */
  readonly idleTimeoutMs: number
  readonly rampUpMs: number
}

/** Closed: each vUser waits for its answer. `paceMs`: from start to start; 0 = no pause. `thinkMs`: after an answer. */
export interface ClosedLoad extends LoadLimits {
  readonly model: 'closed'
  readonly vus: number
  readonly paceMs: number
  readonly thinkMs: number
}

/** Open: arrivals on schedule, whether or not the answers come. */
export interface OpenLoad extends LoadLimits {
  readonly model: 'open'
  readonly ratePerSec: number
  readonly maxVus: number
}

export type LoadPlan = ClosedLoad | OpenLoad

export interface Expectation {
  /** Statuses that count as ok; empty = any 2xx or 3xx. */
  readonly status: readonly number[]
  readonly bodyContains: string | null
  readonly bodySha256: string | null
}

export interface RequestTemplate {
  readonly name: string
  readonly weight: number
  readonly method: string
  /** Path and query, from `/`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly expect: Expectation
  /** `null` = the load's timeout. */
  readonly timeoutMs: number | null
}

export interface RolloutPlan {
  /** What is done each time; absent = `restart`. */
  readonly choreography?: Choreography
  /** `scale-down`: to so many replicas; `null` or absent = half of them, rounded down. */
  readonly scaleTo?: number | null
  /** `scale-down`: the HorizontalPodAutoscaler that does it; absent = spec.replicas is set. */
  readonly autoscaler?: string
  /** `image-change`: the other image of the main container. `rollback`: that of the new revision; absent = a restart makes it. */
  readonly image?: string
  /** `rollback`: when; absent = `half-way`. */
  readonly undo?: UndoMoment
  readonly restarts: number
  readonly baselineMs: number
  readonly settleMs: number
  readonly recoveryMs: number
  /** A rollout that takes longer is stuck. */
  readonly timeoutMs: number
}

/** Requests beside the vUsers, at fixed rates per second; 0 = none. */
export interface ProbePlan {
  readonly freshPerSec: number
  readonly reusedPerSec: number
  readonly controlPerSec: number
  /** Most twin probes per second; 0 = no twins. */
  readonly twinPerSec: number
}

export interface Limits {
  /** Most p99.9 of (real − intended start) in a rollout window, H3. */
  readonly scheduleLagMs: number
  /** An event-loop stall at least this long is recorded, H4. */
  readonly stallMs: number
  /** Most late or dropped arrivals in rollout windows, H2. */
  readonly lateArrivals: number
}

export const THRESHOLD_METRICS = [
  'failures',
  'http_req_duration',
  'outage_ms',
  'dropped',
  'rollout_duration',
] as const
export type ThresholdMetric = (typeof THRESHOLD_METRICS)[number]

/** One k6 threshold: `http_req_duration{phase:rollout}: p(99)<300`. */
export interface Threshold {
  /** As the user wrote it. */
  readonly text: string
  readonly metric: ThresholdMetric
  readonly tags: Readonly<Record<string, string>>
  readonly aggregation:
    | 'count'
    | 'rate'
    | 'value'
    | 'avg'
    | 'min'
    | 'med'
    | 'max'
    | { readonly percentile: number }
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!='
  readonly value: number
}

export const GATE_IDS = ['H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'H8', 'H9', 'H10'] as const
export type GateId = (typeof GATE_IDS)[number]

export interface TargetPlan {
  /** http: or https: URL; its path is put before the path of each template. */
  readonly url: string
  /** Response header whose value is the pod's name. */
  readonly podHeader: string
  /** A URL on the same network path that is not rolled; `null` = only the loopback echo. */
  readonly control: string | null
  /** DNS server `IP:PORT`; `null` = the machine's own resolution. */
  readonly resolver: string | null
  /** Header that carries `<run id>-<request id>`; `null` = none is sent. */
  readonly requestIdHeader: string | null
  /** TLS certificates are not checked. Printed in the report. */
  readonly insecure: boolean
  /** Answers as describe-target-health does, asked once a second; `null` or absent = the states of targets are not known. */
  readonly targetHealth?: string | null
}

/** A valid scenario, all defaults filled in, all units converted. */
export interface Scenario {
  readonly name: string
  readonly target: TargetPlan
  /** `null` in `load`. */
  readonly deployment: { readonly namespace: string; readonly name: string } | null
  readonly load: LoadPlan
  readonly requests: readonly RequestTemplate[]
  readonly rollout: RolloutPlan
  readonly probes: ProbePlan
  readonly limits: Limits
  readonly thresholds: readonly Threshold[]
  /** Gates that need not hold for `passed` (`--accept-unproven`). */
  readonly acceptUnproven: readonly GateId[]
  readonly seed: number
  /** What the embedded lab shall be; read only with --lab. */
  readonly lab: LabPlan | null
  /** The variants to be compared; absent in an ordinary run, which measures the Deployment as it is. */
  readonly study?: StudyPlan
}
