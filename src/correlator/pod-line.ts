import type { PodRef, PodSettings } from '../model/cluster.ts'
import type { Interval } from './interval.ts'

/** A transition: when it happened, within bounds, and the facts that say so. */
export interface Moment extends Interval {
  /** When we learned of it. */
  readonly receivedAtMs: number
  readonly seq: number
}

export interface ContainerExit extends Moment {
  readonly container: string
  readonly code: number
  readonly reason: string | null
}

export interface Restart extends Moment {
  readonly code: number | null
  readonly reason: string | null
}

export interface EndpointState extends Moment {
  readonly present: boolean
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
}

/** Why the claim of a termination cannot be right: clocks disagree (F5), or it is the raw deletionTimestamp (F10). */
export type ClaimProblem = 'F5' | 'F10'

/** One pod's life. `null` = never seen; ends that were not seen stay open. */
export interface PodLine {
  readonly ref: PodRef
  readonly revision: number | null
  readonly replicaSet: string | null
  readonly settings: PodSettings | null
  readonly nodeName: string | null
  readonly ip: string | null
  readonly created: Moment | null
  readonly scheduled: Moment | null
  readonly started: Moment | null
  readonly ready: Moment | null
  /** Start of the deletion: deletionTimestamp − grace. */
  readonly terminating: Moment | null
  readonly gracePeriodSeconds: number | null
  /** The preStop hook failed, as a FailedPreStopHook event says. */
  readonly hookFailed: number | null
  /** How long the hook holds SIGTERM back, at least and at most. */
  readonly preStopMs: { readonly minMs: number; readonly maxMs: number }
  /** When SIGTERM was due. */
  readonly sigterm: Interval | null
  /** Exit of the app's container; derived bounds when the watch did not show it. */
  readonly exit: Interval | null
  readonly exited: ContainerExit | null
  /** Deleted from the API; `latest` is Infinity while that was not seen. */
  readonly gone: Interval | null
  readonly deleted: Moment | null
  /** First slice state after the termination that is not ready, or the removal. */
  readonly unrouted: Moment | null
  readonly endpoint: readonly EndpointState[]
  readonly restarts: readonly Restart[]
  /** An exit that no deletion asked for. */
  readonly crashes: readonly ContainerExit[]
  readonly claimProblem: ClaimProblem | null
  /** Rollout that replaced it, from 1. */
  readonly replacedBy: number | null
  /** It came after the rollout that replaced it had begun: of a restart that another one overtook. */
  readonly interim: boolean
  /** Rollout that made it, from 1; `null` = it was there before. */
  readonly madeBy: number | null
}

/** From SIGTERM due to SIGTERM delivered, at most: kubelet's own delays (it works in turns of 1 s). */
const KUBELET_LAG_MS = 1000

/**
 * How long the preStop hook keeps SIGTERM back, ms: min(preStop, grace) (Kubernetes, "Pod Lifecycle": the grace
 * period includes the hook). A hook of unknown length may take anything up to the grace.
 */
export const effectivePreStopMs = (
  settings: PodSettings | null,
  graceSeconds: number,
  hookFailed: boolean,
): { minMs: number; maxMs: number } => {
  const graceMs = graceSeconds * 1000
  if (hookFailed) return { minMs: 0, maxMs: 0 }
  if (settings === null) return { minMs: 0, maxMs: graceMs }
  const hook = settings.preStop
  if (hook.kind === 'none') return { minMs: 0, maxMs: 0 }
  const seconds = hook.kind === 'http' ? null : hook.seconds
  if (seconds === null) return { minMs: 0, maxMs: graceMs }
  const ms = Math.min(seconds * 1000, graceMs)
  return { minMs: ms, maxMs: ms }
}

/** When SIGTERM reached the process, within bounds; never later than its exit. */
export const sigtermOf = (
  terminating: Interval | null,
  preStop: { minMs: number; maxMs: number },
  exit: Interval | null,
): Interval | null => {
  if (terminating === null) return null
  const earliest = terminating.earliest + preStop.minMs
  const latest = terminating.latest + preStop.maxMs + KUBELET_LAG_MS
  return { earliest, latest: exit === null ? latest : Math.max(earliest, Math.min(latest, exit.latest)) }
}

/** When SIGKILL was due: termination + grace, with the one extension of 2 s that the kubelet gives. */
export const killOf = (line: PodLine): Interval | null =>
  line.terminating === null || line.gracePeriodSeconds === null
    ? null
    : {
        earliest: line.terminating.earliest + line.gracePeriodSeconds * 1000 - 500,
        latest: line.terminating.latest + line.gracePeriodSeconds * 1000 + 3000,
      }

/** From its creation until it was gone, open where not seen. */
export const lifeOf = (line: PodLine): Interval => ({
  earliest: line.created?.earliest ?? Number.NEGATIVE_INFINITY,
  latest: line.gone?.latest ?? Number.POSITIVE_INFINITY,
})
