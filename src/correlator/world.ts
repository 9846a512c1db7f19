import type { EventOf } from '../model/events.ts'
import type { RequestRows } from '../model/request-rows.ts'
import type { RunInfo } from '../model/run-info.ts'
import { type BalancerTargets, balancerTargets } from './balancer-targets.ts'
import { type BaselineFacts, baselineFacts } from './baseline.ts'
import { type Burst, burstsOf } from './bursts.ts'
import { type FailureCase, failureCases } from './failure-case.ts'
import { type CorrelatorInput, inOrder, type LongInput, requestsIn } from './input.ts'
import { type LatencyNoise, latencyNoise } from './latency-noise.ts'
import { type Leg, legOf, type PathFacts, pathFacts } from './path.ts'
import { type PodIndex, podIndex } from './pod-index.ts'
import type { PodLine } from './pod-line.ts'
import { type PodTraffic, podTraffic, YOUTH_MS } from './pod-traffic.ts'
import { type PortHistory, portHistory } from './ports.ts'
import { type Reconnects, reconnects } from './reconnects.ts'
import { type RowFacts, rowFacts } from './row-facts.ts'
import { buildTimeline, type Timeline } from './timeline.ts'

/** Everything that a rule, a gate or a statistic may look at. */
export interface World {
  readonly info: RunInfo
  readonly requests: RequestRows
  readonly timeline: Timeline
  readonly rows: RowFacts
  readonly index: PodIndex
  readonly traffic: ReadonlyMap<string, PodTraffic>
  readonly path: PathFacts
  readonly failures: readonly FailureCase[]
  readonly baseline: BaselineFacts
  readonly ports: PortHistory
  readonly reconnects: Reconnects
  readonly noise: LatencyNoise
  /** What a load balancer of a cloud sends to; `null` = there is none, or nothing tells. */
  readonly targets: BalancerTargets | null
  legOf(failure: FailureCase): Leg
  /** The pod that the failure is known to have been sent to, by identity or address; `null` = not known. */
  podOf(failure: FailureCase): KnownPod | null
  burstOf(failure: FailureCase): Burst | null
}

export interface KnownPod {
  readonly line: PodLine
  readonly by: 'identity' | 'address'
}

/** Whether the answer that failed came from the pod it is said to be of. */
const carriesItsPod = ({ kind, layer, firstByteMs }: FailureCase): boolean =>
  layer === 'app' || (layer === null && firstByteMs !== null && kind !== 'status')

/** Which pod a failure met, where that is a fact and not an inference. */
const knownPod = (failure: FailureCase, leg: Leg, path: PathFacts, index: PodIndex): KnownPod | null => {
  if (path.direct && failure.remoteAddress !== null && leg !== 'l7') {
    const line = index.byAddress(failure.remoteAddress, failure.startMs)
    if (line !== null) return { line, by: 'address' }
  }
  if (failure.podName === null) return null
  // On L4 a connection keeps to its pod. Behind a proxy the name is that of the last answer on the client's
  // connection, which says nothing of this request, unless this very answer carries it.
  if (leg !== 'l4' && !carriesItsPod(failure)) return null
  const line = index.byName(failure.podName, failure.startMs)
  return line === null ? null : { line, by: 'identity' }
}

const isStartUp = (
  failure: FailureCase,
  index: PodIndex,
  traffic: ReadonlyMap<string, PodTraffic>,
): boolean =>
  (failure.kind === 'connect-refused' || failure.kind === 'status') &&
  index.young({ earliest: failure.startMs, latest: failure.endMs }, YOUTH_MS).some((line) => {
    const first = traffic.get(line.ref.uid)?.firstOkEndMs ?? null
    return line.settings?.hasReadinessProbe === false && first !== null && first >= failure.startMs - 1
  })

/** Reads the input once, in passes over rows and facts; pure. */
export const buildWorld = (input: CorrelatorInput | LongInput): World => {
  const { info } = input
  const requests = requestsIn(input)
  const events = inOrder(input.events)
  const rows = rowFacts(requests)
  const timeline = buildTimeline(info, events, rows.lastEndMs)
  const index = podIndex(timeline.pods)
  const facts = events.filter((event): event is EventOf<'request.failed'> => event.type === 'request.failed')
  const twins = new Map(
    events
      .filter((event): event is EventOf<'twin.finished'> => event.type === 'twin.finished')
      .map((event) => [event.requestId, event]),
  )
  const failures = failureCases(requests, facts, twins, info.scenario.requests)
  const traffic = podTraffic(requests, index)
  const path = pathFacts(requests, rows, index, failures)
  const legs = new Map(failures.map((failure) => [failure, legOf(failure, path)]))
  const pods = new Map(
    failures.map((failure) => [failure, knownPod(failure, legs.get(failure) ?? 'unknown', path, index)]),
  )
  const bursts = burstsOf(failures, (failure) => pods.get(failure)?.line.ref.uid ?? '')
  return {
    info,
    requests,
    timeline,
    rows,
    index,
    traffic,
    path,
    failures,
    baseline: baselineFacts(requests, timeline, failures, (failure) => isStartUp(failure, index, traffic)),
    ports: portHistory(requests, failures, index),
    reconnects: reconnects(requests, timeline.endMs),
    noise: latencyNoise(requests),
    targets: path.balancer ? balancerTargets(info, timeline, index) : null,
    legOf: (failure) => legs.get(failure) ?? 'unknown',
    podOf: (failure) => pods.get(failure) ?? null,
    burstOf: (failure) => bursts.get(failure) ?? null,
  }
}
