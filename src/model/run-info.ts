import type { EpochMs } from '../kernel/units.ts'
import type { WorkloadSnapshot } from './cluster.ts'
import type { Prediction } from './prediction.ts'
import type { Scenario } from './scenario.ts'

/** What was known of the cluster before the first write; `null` in `load`. */
export interface ClusterFacts {
  readonly server: string
  readonly context: string | null
  readonly serverVersion: string
  readonly deployment: WorkloadSnapshot
  readonly services: readonly string[]
  /** Made before any load; absent or `null` when they could not be made. */
  readonly predictions?: readonly Prediction[] | null
}

/** `run.json`: all that is known when the run starts. */
export interface RunInfo {
  readonly schemaVersion: number
  readonly runId: string
  readonly command: 'run' | 'load'
  readonly name: string
  readonly versions: {
    readonly rollproof: string
    readonly node: string
    readonly undici: string
    readonly os: string
  }
  /** The same moment on both clocks: the origin of all RunMs. `monotonicUs` is `process.hrtime` in µs. */
  readonly startedAt: { readonly monotonicUs: number; readonly epochMs: EpochMs }
  readonly workers: number
  readonly scenario: Scenario
  readonly cluster: ClusterFacts | null
  /** Where the target's name led at the start, and who answered. */
  readonly target: { readonly addresses: readonly string[]; readonly answeredBy: string | null } | null
  /** The block of a study that this run is; absent in a run of its own. */
  readonly study?: {
    readonly id: string
    /** From 1. */
    readonly block: number
    readonly round: number
    readonly variant: string
    /** Since the block before was over, ms; `null` = there was none. */
    readonly sinceLoadMs?: number | null
  }
}
