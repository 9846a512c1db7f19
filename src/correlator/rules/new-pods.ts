import type { FailureCase } from '../failure-case.ts'
import type { PodLine } from '../pod-line.ts'
import { YOUTH_MS } from '../pod-traffic.ts'
import type { World } from '../world.ts'
import { exposureOf } from './ending-pods.ts'
import { SLACK_MS } from './rule.ts'

/** New pods that may have met the request in their first 30 s after Ready: the known one, or all of that age. */
export const youngPods = (failure: FailureCase, world: World, youthMs = YOUTH_MS): readonly PodLine[] => {
  const known = world.podOf(failure)
  const young = world.index.young(exposureOf(failure), youthMs)
  return (known === null ? young : young.filter((line) => line === known.line)).filter(
    (line) => line.terminating === null || failure.startMs < line.terminating.latest,
  )
}

/** Whether the pod had answered well before, so that its listener was open. */
export const hadServed = (failure: FailureCase, line: PodLine, world: World): boolean => {
  const first = world.traffic.get(line.ref.uid)?.firstOkEndMs ?? null
  return first !== null && first < failure.startMs - 1
}

export interface Breakdown {
  readonly earliest: number
  readonly seq: number
}

/** For this long after a restart was seen, the container may not listen again. */
const RESTART_MS = 10_000

/** The restart, or the exit that nobody asked for, that the failure falls to. */
export const breakdownOf = (failure: FailureCase, line: PodLine): Breakdown | null =>
  [...line.restarts, ...line.crashes].find(
    (moment) =>
      failure.endMs >= moment.earliest - SLACK_MS && failure.startMs <= moment.receivedAtMs + RESTART_MS,
  ) ?? null

/** For this long before a restart the kubelet may have told why. */
const TOLD_BEFORE_MS = 60_000

/** seq of the Event that says that the kubelet killed the container for its liveness probe; `null` = none. */
export const livenessKill = (failure: FailureCase, line: PodLine, world: World): number | null => {
  for (const event of world.timeline.events) {
    if (event.type !== 'event.seen' || event.atMs > failure.endMs + RESTART_MS) continue
    if (event.atMs < failure.startMs - TOLD_BEFORE_MS || !/liveness/i.test(event.message)) continue
    const { uid, name } = event.regarding
    if (uid === null ? name === line.ref.name : uid === line.ref.uid) return event.seq
  }
  return null
}
