export type PodState = 'pending' | 'not-ready' | 'ready' | 'terminating' | 'exited' | 'gone'

/** A state of a pod and when it began, ms since run start. */
export interface PodStep {
  readonly state: PodState
  readonly atMs: number
}

/** One pod that is there, or has just gone. */
export interface PodProgress {
  readonly name: string
  /** `null` = not known. */
  readonly revision: number | null
  /** Its states in order of time; the last is the present one. Never empty. */
  readonly steps: readonly PodStep[]
  /** Seconds of the run in which a request to it failed. */
  readonly failedSeconds: ReadonlySet<number>
  readonly failed: number
}

/** One second of the load that is over: second 0 ends at 1,000 ms of the run. */
export interface LoadSecond {
  readonly second: number
  readonly ended: number
  readonly failed: number
  /** `null` = nothing ended in it. */
  readonly p99Us: number | null
}

/** Failures of one kind at one pod. */
export interface FailureGroup {
  readonly kind: string
  /** `null` = it cannot be told. */
  readonly pod: string | null
  readonly count: number
  /** Of the latest. */
  readonly atMs: number
  readonly request: string
  readonly message: string
}

export interface PhaseStep {
  readonly phase: string
  readonly rollout: number | null
  readonly atMs: number
}

/** All that the live view shows. A plain value, made anew for each look. Times in ms since run start. */
export interface ProgressState {
  readonly name: string
  /** In order of time; the last is the present one. Never empty. */
  readonly phases: readonly PhaseStep[]
  /** How many restarts the run is to make; 0 in `load`. */
  readonly rollouts: number
  readonly rolloutsComplete: number
  /** Where the rollout stands that is under way; `null` = none is, or nothing was heard of it yet. */
  readonly rolling: {
    readonly wanted: number
    readonly updated: number
    readonly available: number
    readonly old: number
  } | null
  readonly elapsedMs: number
  /** When the run ends at the earliest; `null` = the rollouts decide. */
  readonly expectedMs: number | null
  readonly started: number
  readonly ok: number
  readonly failed: number
  readonly failedByKind: Readonly<Record<string, number>>
  readonly inFlight: number
  /** Oldest first. */
  readonly seconds: readonly LoadSecond[]
  /** Of the last whole second; `null` = nothing ended in it. */
  readonly p50Us: number | null
  readonly p99Us: number | null
  readonly pods: readonly PodProgress[]
  /** Those that came last, newest last. */
  readonly failures: readonly FailureGroup[]
  /** What needs the user's eye: a stall, a watch gap, a stuck rollout; `null` = nothing. */
  readonly notice: string | null
}

export const stateOf = ({ steps }: PodProgress): PodState => steps.at(-1)?.state ?? 'pending'
