import type { Bounds, DrainDetail, PodDetail } from '../../model/detail.ts'
import type { RunEvent } from '../../model/events.ts'
import type { Interval } from '../interval.ts'
import type { EndpointState, PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'

const MOST_EVENTS = 40

const finite = (ms: number): number | null => (Number.isFinite(ms) ? Math.round(ms * 10) / 10 : null)

const bounds = (interval: Interval | null): Bounds | null =>
  interval === null ? null : { earliestMs: finite(interval.earliest), latestMs: finite(interval.latest) }

const stateOf = ({
  present,
  ready,
  serving,
  terminating,
}: EndpointState): PodDetail['endpoint'][number]['state'] => {
  if (!present) return 'removed'
  if (terminating) return serving ? 'serving' : 'terminating'
  return ready ? 'ready' : 'not-ready'
}

/** It was scheduled before it started, however late we learned of it. */
const scheduledOf = ({ created, scheduled, started, ready }: PodLine): Interval | null => {
  const next = (started ?? ready)?.latest ?? Number.POSITIVE_INFINITY
  if (scheduled === null || scheduled.latest <= next) return scheduled
  return { earliest: Math.min(created?.earliest ?? next, next), latest: next }
}

/** States in order, without those that repeat the one before. */
const changes = <T extends { readonly state: string }>(states: readonly T[]): T[] =>
  states.filter((one, i) => one.state !== states[i - 1]?.state)

type PodEvent = PodDetail['events'][number]

const podEvents = (events: readonly RunEvent[]): Map<string, PodEvent[]> => {
  const all = new Map<string, PodEvent[]>()
  for (const event of events) {
    if (event.type !== 'event.seen' || event.regarding.kind !== 'Pod') continue
    const key = event.regarding.uid ?? event.regarding.name
    const own = all.get(key) ?? []
    if (own.length < MOST_EVENTS)
      own.push({ seq: event.seq, atMs: event.atMs, reason: event.reason, message: event.message })
    all.set(key, own)
  }
  return all
}

/** Each pod's life with its bounds, endpoint and target states and events, in the order of the timeline. */
export const podDetails = (world: World, drains: ReadonlyMap<string, DrainDetail>): PodDetail[] => {
  const { timeline } = world
  const seen = podEvents(timeline.events)
  const targets = Map.groupBy(
    timeline.events.filter((event) => event.type === 'target.state'),
    (event) => event.pod?.uid ?? '',
  )
  return timeline.pods.map((line) => ({
    uid: line.ref.uid,
    replicaSet: line.replicaSet,
    ip: line.ip,
    settings: line.settings,
    gracePeriodSeconds: line.gracePeriodSeconds ?? line.settings?.gracePeriodSeconds ?? null,
    created: bounds(line.created),
    scheduled: bounds(scheduledOf(line)),
    started: bounds(line.started),
    ready: bounds(line.ready),
    terminating: bounds(line.terminating),
    sigterm: bounds(line.sigterm),
    exited: bounds(line.exited),
    exitReason: line.exited?.reason ?? null,
    gone: bounds(line.deleted),
    endpoint: changes(
      line.endpoint.map((state) => ({ atMs: Math.round(state.latest), state: stateOf(state) })),
    ),
    target: changes(
      (targets.get(line.ref.uid) ?? []).map(({ atMs, state }) => ({ atMs: Math.round(atMs), state })),
    ),
    restarts: line.restarts.map(({ latest, code }) => ({ atMs: Math.round(latest), exitCode: code })),
    events: seen.get(line.ref.uid) ?? seen.get(line.ref.name) ?? [],
    drain: drains.get(line.ref.uid) ?? null,
  }))
}
