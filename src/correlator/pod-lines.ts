import type { PodRef } from '../model/cluster.ts'
import type { ClusterClaim, RunEvent } from '../model/events.ts'
import type { RunInfo } from '../model/run-info.ts'
import type { ClusterClock } from './cluster-clock.ts'
import { compareText } from './input.ts'
import { finishPod, newPodDraft, type PodDraft, type Replaced } from './pod-draft.ts'
import type { Moment, PodLine } from './pod-line.ts'

/** A slice change reaches us this long after it was made, at most, while nothing is late (0.3 s was seen). */
const ENDPOINT_LAG_MS = 1000
const GRAIN_MS = 1000
/** A claim may lie this far after our receipt before it counts as impossible. */
const CLAIM_TOLERANCE_MS = 50

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

const applyPodFact = (draft: PodDraft, event: RunEvent, clock: ClusterClock): void => {
  const at = (claim: ClusterClaim): Moment => momentOf(event, claim, clock, draft.lastAtMs).moment
  switch (event.type) {
    case 'pod.created':
      draft.created ??= at(event.cluster)
      draft.settings ??= event.settings
      draft.replicaSet ??= event.replicaSet
      draft.revision ??= event.revision
      return
    case 'pod.scheduled':
      draft.scheduled ??= at(event.cluster)
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
  rollouts: readonly Replaced[],
): PodLine[] => {
  const drafts = new Map<string, PodDraft>()
  const lagMs = worstLagMs(events, clock)
  const draftOf = (ref: PodRef): PodDraft => {
    const known = drafts.get(ref.uid)
    if (known !== undefined) return known
    const draft = newPodDraft(ref)
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
    .map((draft) => finishPod(draft, fallback, rollouts))
    .sort(
      (a, b) =>
        (a.created?.latest ?? Number.NEGATIVE_INFINITY) - (b.created?.latest ?? Number.NEGATIVE_INFINITY) ||
        compareText(a.ref.name, b.ref.name) ||
        compareText(a.ref.uid, b.ref.uid),
    )
}
