import type { PodRef } from '../model/cluster.ts'
import type { EventOf, RunEvent } from '../model/events.ts'
import type { RunInfo } from '../model/run-info.ts'
import { type ClusterClock, clusterClock } from './cluster-clock.ts'
import type { Span } from './interval.ts'
import type { PodLine } from './pod-line.ts'
import { podLines } from './pod-lines.ts'

export interface RolloutLine {
  /** From 1. */
  readonly index: number
  readonly requestedAtMs: number
  readonly acknowledged: EventOf<'rollout.acknowledged'> | null
  /** Pods that it was to replace: of each restart, where a second one came half way. */
  readonly oldPods: readonly PodRef[]
  readonly completed: EventOf<'rollout.completed'> | null
  readonly oldPodsGoneAtMs: number | null
  readonly stuck: EventOf<'rollout.stuck'> | null
  /** From the request until the old pods are gone plus settle; until the end where that was not seen. */
  readonly window: Span
}

export interface PhaseLine extends Span {
  readonly phase: string
  readonly rollout: number | null
}

export interface Stall extends Span {
  readonly thread: string
  readonly seq: number
}

export interface Gap extends Span {
  readonly resource: string
  readonly why: string
  readonly seq: number
}

export interface ControlFailure extends Span {
  readonly control: 'url' | 'loopback'
  readonly seq: number
}

/** What happened in the cluster and in the harness, as intervals on the run's clock. */
export interface Timeline {
  readonly events: readonly RunEvent[]
  readonly clock: ClusterClock
  readonly pods: readonly PodLine[]
  readonly rollouts: readonly RolloutLine[]
  readonly phases: readonly PhaseLine[]
  readonly gaps: readonly Gap[]
  readonly stalls: readonly Stall[]
  readonly controls: readonly ControlFailure[]
  readonly ended: EventOf<'run.ended'> | null
  /** The last moment that anything is known of. */
  readonly endMs: number
}

/** Threads whose stalls do not delay a request. */
const isEngineThread = (thread: string): boolean => thread !== 'main' && thread !== 'records'

export const engineStalls = (timeline: Timeline): Stall[] =>
  timeline.stalls.filter((stall) => isEngineThread(stall.thread))

/** Without what these say, a pod's or an endpoint's state may have changed unseen. */
export const isSightResource = (resource: string): boolean => !/(^|\/)events(\.|\/|$)/i.test(resource)

const phaseLines = (events: readonly RunEvent[], endMs: number): PhaseLine[] => {
  const entered = events.filter((event): event is EventOf<'phase.entered'> => event.type === 'phase.entered')
  return entered.map((event, i) => ({
    phase: event.phase,
    rollout: event.rollout,
    fromMs: event.atMs,
    toMs: entered[i + 1]?.atMs ?? Math.max(endMs, event.atMs),
  }))
}

const oldPodsOf = (events: readonly RunEvent[], index: number): readonly PodRef[] => {
  const pods = events.flatMap((event) =>
    event.type === 'rollout.acknowledged' && event.index === index ? event.oldPods : [],
  )
  return [...new Map(pods.map((pod) => [pod.uid, pod])).values()]
}

const rolloutLines = (info: RunInfo, events: readonly RunEvent[], endMs: number): RolloutLine[] => {
  const find = <T extends RunEvent['type']>(type: T, index: number): EventOf<T> | null => {
    const found = events.find((event) => event.type === type && 'index' in event && event.index === index)
    return found === undefined ? null : (found as EventOf<T>)
  }
  return events
    .filter((event): event is EventOf<'rollout.requested'> => event.type === 'rollout.requested')
    .map((event) => {
      const oldPodsGone = find('rollout.old-pods-gone', event.index)
      const toMs = oldPodsGone === null ? endMs : oldPodsGone.atMs + info.scenario.rollout.settleMs
      return {
        index: event.index,
        requestedAtMs: event.atMs,
        acknowledged: find('rollout.acknowledged', event.index),
        oldPods: oldPodsOf(events, event.index),
        completed: find('rollout.completed', event.index),
        oldPodsGoneAtMs: oldPodsGone?.atMs ?? null,
        stuck: find('rollout.stuck', event.index),
        window: { fromMs: event.atMs, toMs: Math.max(event.atMs, Math.min(endMs, toMs)) },
      }
    })
    .sort((a, b) => a.index - b.index)
}

/**
 * Folds the facts into intervals.
 * @param events in order (see `inOrder`)
 * @param lastRowMs when the last request ended; the run may be known for longer than its facts say
 */
export const buildTimeline = (info: RunInfo, events: readonly RunEvent[], lastRowMs: number): Timeline => {
  const ended = events.find((event): event is EventOf<'run.ended'> => event.type === 'run.ended') ?? null
  const endMs = events.reduce((latest, event) => Math.max(latest, event.atMs), Math.max(0, lastRowMs))
  const clock = clusterClock(info, events)
  const rollouts = rolloutLines(info, events, endMs)
  const gaps: Gap[] = []
  const stalls: Stall[] = []
  const controls: ControlFailure[] = []
  for (const event of events) {
    if (event.type === 'watch.gap')
      gaps.push({
        resource: event.resource,
        why: event.why,
        seq: event.seq,
        fromMs: event.lostAtMs,
        toMs: event.resumedAtMs ?? endMs,
      })
    else if (event.type === 'loop.stalled')
      stalls.push({
        thread: event.thread,
        seq: event.seq,
        fromMs: event.startedAtMs,
        toMs: event.startedAtMs + event.durationMs,
      })
    else if (event.type === 'control.failed')
      controls.push({
        control: event.control,
        seq: event.seq,
        fromMs: event.startedAtMs,
        toMs: event.endedAtMs,
      })
  }
  const replaced = rollouts.map((rollout) => ({
    index: rollout.index,
    fromMs: rollout.requestedAtMs,
    old: new Set(rollout.oldPods.map((pod) => pod.uid)),
  }))
  return {
    events,
    clock,
    pods: podLines(info, events, clock, replaced),
    rollouts,
    phases: phaseLines(events, endMs),
    gaps,
    stalls: stalls.sort((a, b) => a.fromMs - b.fromMs),
    controls: controls.sort((a, b) => a.fromMs - b.fromMs),
    ended,
    endMs,
  }
}
