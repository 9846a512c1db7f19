import type { PodRef, PodSettings } from '../model/cluster.ts'
import {
  type ClaimProblem,
  type ContainerExit,
  type EndpointState,
  effectivePreStopMs,
  type Moment,
  type PodLine,
  type Restart,
  sigtermOf,
} from './pod-line.ts'

/** What the facts told of one pod so far. */
export interface PodDraft {
  ref: PodRef
  revision: number | null
  replicaSet: string | null
  settings: PodSettings | null
  nodeName: string | null
  ip: string | null
  created: Moment | null
  scheduled: Moment | null
  started: Moment | null
  ready: Moment | null
  terminating: Moment | null
  graceSeconds: number | null
  hookFailed: number | null
  exits: ContainerExit[]
  restarts: Restart[]
  deleted: Moment | null
  endpoint: EndpointState[]
  claimProblem: ClaimProblem | null
  /** Receipt of the fact before: what the next one cannot be older than, when it claims no time. */
  lastAtMs: number
}

export const newPodDraft = (ref: PodRef): PodDraft => ({
  ref,
  revision: null,
  replicaSet: null,
  settings: null,
  nodeName: null,
  ip: null,
  created: null,
  scheduled: null,
  started: null,
  ready: null,
  terminating: null,
  graceSeconds: null,
  hookFailed: null,
  exits: [],
  restarts: [],
  deleted: null,
  endpoint: [],
  claimProblem: null,
  lastAtMs: Number.NEGATIVE_INFINITY,
})

/** The app's exit among those of all containers: a killed one first, else the last to end. */
const appExit = (exits: readonly ContainerExit[]): ContainerExit | null =>
  exits.find((exit) => exit.code === 137) ??
  exits.reduce<ContainerExit | null>(
    (last, exit) => (last === null || exit.latest >= last.latest ? exit : last),
    null,
  )

/** Which pods a rollout replaced. */
export interface Replaced {
  readonly index: number
  readonly fromMs: number
  readonly old: ReadonlySet<string>
}

/** The pod's life, from all that was told of it. `fallback` are the settings of the template before the first restart. */
export const finishPod = (
  draft: PodDraft,
  fallback: PodSettings | null,
  rollouts: readonly Replaced[],
): PodLine => {
  const replacedBy = rollouts.find((rollout) => rollout.old.has(draft.ref.uid))?.index ?? null
  const created = draft.created
  const during = created === null ? undefined : rollouts.findLast(({ fromMs }) => created.latest >= fromMs)
  const madeBy = during === undefined || during.old.has(draft.ref.uid) ? null : during.index
  const settings = draft.settings ?? (madeBy === null ? fallback : null)
  const deleted = draft.deleted
  const lastSign = [draft.created, draft.started, draft.ready]
    .map((moment) => moment?.receivedAtMs ?? Number.NEGATIVE_INFINITY)
    .reduce((a, b) => Math.max(a, b))
  const terminating =
    draft.terminating ??
    (deleted === null ? null : { ...deleted, earliest: Math.min(deleted.earliest, lastSign) })
  const graceSeconds = draft.graceSeconds ?? settings?.gracePeriodSeconds ?? 30
  const preStopMs = effectivePreStopMs(settings, graceSeconds, draft.hookFailed !== null)
  const crashes = draft.exits.filter((exit) => terminating === null || exit.latest < terminating.earliest)
  const exited = appExit(draft.exits.filter((exit) => !crashes.includes(exit)))
  const sigterm = sigtermOf(terminating, preStopMs, exited)
  const goneLatest = deleted?.latest ?? Number.POSITIVE_INFINITY
  const exit =
    exited ??
    (sigterm === null ? null : { earliest: sigterm.earliest, latest: Math.max(sigterm.earliest, goneLatest) })
  const gone = exit === null ? null : { earliest: Math.min(exit.earliest, goneLatest), latest: goneLatest }
  const unrouted =
    terminating === null
      ? null
      : (draft.endpoint.find((s) => s.receivedAtMs >= terminating.earliest && !(s.present && s.ready)) ??
        null)
  return {
    ref: draft.ref,
    revision: draft.revision,
    replicaSet: draft.replicaSet,
    settings,
    nodeName: draft.nodeName,
    ip: draft.ip,
    created,
    scheduled: draft.scheduled,
    started: draft.started,
    ready: draft.ready,
    terminating,
    gracePeriodSeconds: terminating === null ? null : graceSeconds,
    hookFailed: draft.hookFailed,
    preStopMs,
    sigterm,
    exit,
    exited,
    gone,
    deleted,
    unrouted:
      unrouted === null || terminating === null
        ? null
        : {
            ...unrouted,
            earliest: Math.min(unrouted.latest, Math.max(unrouted.earliest, terminating.earliest)),
          },
    endpoint: draft.endpoint,
    restarts: draft.restarts,
    crashes,
    claimProblem: draft.claimProblem,
    replacedBy,
    interim:
      created !== null &&
      rollouts.some(({ index, fromMs }) => index === replacedBy && created.latest > fromMs),
    madeBy,
  }
}
