import type { PodRef, PodSettings } from '../model/cluster.ts'
import type { ClusterClaim, RunEvent } from '../model/events.ts'
import type { RunInfo } from '../model/run-info.ts'
import type { ClusterClock } from './cluster-clock.ts'
import { compareText } from './input.ts'
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

/** A slice change reaches us this long after it was made, at most, while nothing is late (0.3 s was seen). */
const ENDPOINT_LAG_MS = 1000
const GRAIN_MS = 1000
/** A claim may lie this far after our receipt before it counts as impossible. */
const CLAIM_TOLERANCE_MS = 50

interface Draft {
  ref: PodRef
  revision: number | null
  replicaSet: string | null
  settings: PodSettings | null
  nodeName: string | null
  ip: string | null
  created: Moment | null
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

const newDraft = (ref: PodRef): Draft => ({
  ref,
  revision: null,
  replicaSet: null,
  settings: null,
  nodeName: null,
  ip: null,
  created: null,
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

/** The bounds of a transition; `problem` when the claim lies after our receipt, which cannot be. */
const momentOf = (
  event: RunEvent,
  claim: ClusterClaim,
  clock: ClusterClock,
  floorMs: number,
): { moment: Moment; aheadMs: number | null } => {
  const claimed = clock.toRun(claim)
  const received = { receivedAtMs: event.atMs, seq: event.seq }
  if (claimed === null)
    return {
      moment: { earliest: Math.min(floorMs, event.atMs), latest: event.atMs, ...received },
      aheadMs: null,
    }
  if (claimed.earliest > event.atMs + CLAIM_TOLERANCE_MS)
    return {
      moment: { earliest: Math.min(floorMs, event.atMs), latest: event.atMs, ...received },
      aheadMs: claimed.earliest - event.atMs,
    }
  const earliest = Math.min(claimed.earliest, event.atMs)
  return {
    moment: { earliest, latest: Math.max(earliest, Math.min(event.atMs, claimed.latest)), ...received },
    aheadMs: null,
  }
}

const podOf = (event: RunEvent): PodRef | null => {
  switch (event.type) {
    case 'pod.created':
    case 'pod.scheduled':
    case 'pod.started':
    case 'pod.ready':
    case 'pod.not-ready':
    case 'pod.terminating':
    case 'pod.container-exited':
    case 'pod.container-restarted':
    case 'pod.deleted':
      return event.pod
    default:
      return null
  }
}

const applyPodFact = (draft: Draft, event: RunEvent, clock: ClusterClock): void => {
  const at = (claim: ClusterClaim): Moment => momentOf(event, claim, clock, draft.lastAtMs).moment
  switch (event.type) {
    case 'pod.created':
      draft.created ??= at(event.cluster)
      draft.settings ??= event.settings
      draft.replicaSet ??= event.replicaSet
      draft.revision ??= event.revision
      return
    case 'pod.scheduled':
      draft.nodeName ??= event.nodeName
      return
    case 'pod.started':
      draft.started ??= at(event.cluster)
      draft.ip ??= event.ip
      return
    case 'pod.ready':
      draft.ready ??= at(event.cluster)
      return
    case 'pod.terminating': {
      if (draft.terminating !== null) return
      const { moment, aheadMs } = momentOf(event, event.cluster, clock, draft.lastAtMs)
      draft.terminating = moment
      draft.graceSeconds = event.gracePeriodSeconds
      if (aheadMs !== null)
        draft.claimProblem = Math.abs(aheadMs - event.gracePeriodSeconds * 1000) <= 2500 ? 'F10' : 'F5'
      return
    }
    case 'pod.container-exited': {
      const { container, exitCode: code, reason } = event
      draft.exits.push({ ...at(event.cluster), container, code, reason })
      return
    }
    case 'pod.container-restarted':
      draft.restarts.push({ ...at(event.cluster), code: event.exitCode, reason: event.reason })
      return
    case 'pod.deleted':
      draft.deleted ??= at(event.cluster)
      return
    default:
      return
  }
}

/** The app's exit among those of all containers: a killed one first, else the last to end. */
const appExit = (exits: readonly ContainerExit[]): ContainerExit | null =>
  exits.find((exit) => exit.code === 137) ??
  exits.reduce<ContainerExit | null>(
    (last, exit) => (last === null || exit.latest >= last.latest ? exit : last),
    null,
  )

const finish = (
  draft: Draft,
  fallback: PodSettings | null,
  rollouts: readonly { readonly index: number; readonly fromMs: number; readonly old: ReadonlySet<string> }[],
): PodLine => {
  const replacedBy = rollouts.find((rollout) => rollout.old.has(draft.ref.uid))?.index ?? null
  const created = draft.created
  const madeBy =
    created === null
      ? null
      : (rollouts.findLast((rollout) => created.latest >= rollout.fromMs && !rollout.old.has(draft.ref.uid))
          ?.index ?? null)
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
    madeBy,
  }
}

/**
 * How late facts came at worst, ms: by the stamps that the API server itself sets when an object is made or marked for
 * deletion in the run. Slices carry no time, so their changes may have come as late.
 */
const worstLagMs = (events: readonly RunEvent[], clock: ClusterClock): number => {
  const seenAtMs = new Map<string, number>()
  let worst = 0
  for (const event of events) {
    if (event.type !== 'pod.created' && event.type !== 'pod.terminating') continue
    const claimed = clock.toRun(event.cluster)
    const isNew = event.type === 'pod.created'
    const known = seenAtMs.get(event.pod.uid)
    if (isNew) seenAtMs.set(event.pod.uid, event.atMs)
    if (claimed === null || (isNew ? claimed.earliest <= 0 : known === undefined || event.atMs - known < 10))
      continue
    worst = Math.max(worst, event.atMs - claimed.earliest - GRAIN_MS)
  }
  // Up to a second may hide in the grain of the stamp.
  return worst <= ENDPOINT_LAG_MS ? ENDPOINT_LAG_MS : worst + GRAIN_MS
}

/** All pods of the run, each with its transitions as intervals, in order of creation. */
export const podLines = (
  info: RunInfo,
  events: readonly RunEvent[],
  clock: ClusterClock,
  rollouts: readonly { readonly index: number; readonly fromMs: number; readonly old: ReadonlySet<string> }[],
): PodLine[] => {
  const drafts = new Map<string, Draft>()
  const lagMs = worstLagMs(events, clock)
  const draftOf = (ref: PodRef): Draft => {
    const known = drafts.get(ref.uid)
    if (known !== undefined) return known
    const draft = newDraft(ref)
    drafts.set(ref.uid, draft)
    return draft
  }
  for (const event of events) {
    const ref = podOf(event)
    if (ref !== null) {
      const draft = draftOf(ref)
      applyPodFact(draft, event, clock)
      draft.lastAtMs = event.atMs
    } else if (event.type === 'rollout.acknowledged') {
      for (const old of event.oldPods) draftOf(old)
    } else if (event.type === 'event.seen' && event.reason === 'FailedPreStopHook') {
      const { name, uid } = event.regarding
      for (const draft of drafts.values())
        if (uid === null ? draft.ref.name === name : draft.ref.uid === uid) draft.hookFailed ??= event.seq
    } else if (
      event.type === 'endpoint.added' ||
      event.type === 'endpoint.ready' ||
      event.type === 'endpoint.not-ready' ||
      event.type === 'endpoint.terminating' ||
      event.type === 'endpoint.removed'
    ) {
      const draft =
        event.pod === null
          ? [...drafts.values()].findLast((d) => d.ip === event.address && d.deleted === null)
          : draftOf(event.pod)
      if (draft === undefined) continue
      draft.ip ??= event.address
      const before = draft.endpoint.at(-1)?.receivedAtMs ?? Number.NEGATIVE_INFINITY
      draft.endpoint.push({
        earliest: Math.max(before, event.atMs - lagMs),
        latest: event.atMs,
        receivedAtMs: event.atMs,
        seq: event.seq,
        present: event.type !== 'endpoint.removed',
        ready: event.ready,
        serving: event.serving,
        terminating: event.terminating,
      })
    }
  }
  const fallback = info.cluster?.deployment.settings ?? null
  return [...drafts.values()]
    .map((draft) => finish(draft, fallback, rollouts))
    .sort(
      (a, b) =>
        (a.created?.latest ?? Number.NEGATIVE_INFINITY) - (b.created?.latest ?? Number.NEGATIVE_INFINITY) ||
        compareText(a.ref.name, b.ref.name) ||
        compareText(a.ref.uid, b.ref.uid),
    )
}
