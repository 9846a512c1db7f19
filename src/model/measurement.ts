import type { DrainStatistics } from './finding.ts'

/** Pod terminations that a 95 % statement about the 95th percentile needs: 0.95^59 < 0.05 (Wilks 1941). */
export const ENOUGH_TERMINATIONS = 59

/** The measured drain of one Deployment on one path, and what follows from it: `measurement.json`. */
export interface Measurement {
  readonly schemaVersion: 1
  /** Run ids of the bundles it was made from. */
  readonly runId: string
  /** `namespace/name`. */
  readonly deployment: string
  readonly target: string
  /** Path, connections and load that it holds for, in words. */
  readonly validity: readonly string[]
  /** preStop that the pods had while it was measured, s. */
  readonly measuredWithSeconds: number
  /** The one number, s; `null` when it could not be measured: `problems` says why. */
  readonly preStopSeconds: number | null
  readonly terminationGracePeriodSeconds: number | null
  readonly drain: DrainStatistics & {
    /** Mean gap between new connections to one pod, ms; `null` = there were none. */
    readonly gapMs: number | null
  }
  /** Share of terminations that drain within `drain.maxMs`, at least, at 95 % confidence; `null` without terminations. */
  readonly coveredShare: number | null
  readonly longestRequestMs: number
  /** The sum behind `preStopSeconds`, the bound, and the sum behind the grace period, a sentence each. */
  readonly arithmetic: readonly string[]
  /** Strategic merge patch of the Deployment, YAML; '' when it is `null` above. */
  readonly patch: string
  /** What preStop cannot mend: kept-alive connections; `null` when none outlasted a termination's start. */
  readonly keepAlive: { readonly pods: number; readonly maxMs: number; readonly advice: string } | null
  readonly problems: readonly string[]
  /** What restarts with this preStop did; `null` = not asked for. */
  readonly verification: Verification | null
}

/** Restarts with a preStop in place, judged by what preStop is for. */
export interface Verification {
  readonly runId: string
  readonly preStopSeconds: number
  readonly terminations: number
  readonly requests: number
  /** Requests on new connections that failed because a pod ended; behind a proxy, all that did. */
  readonly failed: number
  /** Failures that no preStop mends: kept-alive connections, causes of other kinds. */
  readonly otherFailures: number
  /** Upper 95 % bound on the share of terminations that drop something. */
  readonly bound: number | null
  /** No failure, over enough terminations; `null` = too few terminations, or a proof is missing. */
  readonly holds: boolean | null
  readonly because: string
}
