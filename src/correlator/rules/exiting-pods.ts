import type { FailureCase } from '../failure-case.ts'
import { overlaps } from '../interval.ts'
import { killOf, type PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'
import {
  crossingMs,
  endingPods,
  isProxyAnswer,
  isSlowRefusal,
  near,
  wasKilledAtGrace,
} from './ending-pods.ts'
import { noiseMsAt } from './quiet-pods.ts'
import { SLACK_MS } from './rule.ts'

/** A refusal takes no longer than the fastest answers, and this much when proxy, pods and vUsers are busy at once. */
const PROXY_NOISE_MS = 30
/** Through a load balancer there are more pods that end at once, since it sends to each for longer. */
const BALANCER_NOISE_MS = 60
/** However long answers take: a refusal that is passed on never takes this long while nothing stalls. */
const FASTEST_AT_MOST_MS = 100

/** What busy machines add to a refusal may be twice what they were seen to add to answers. */
const NOISE_GROWTH = 2

/** Age from which a proxy's answer can be neither a refusal nor a request that crossed the close of its connection, ms. */
const workedOnMs = (failure: FailureCase, world: World): number =>
  Math.min(world.rows.okMs?.p5 ?? FASTEST_AT_MOST_MS, FASTEST_AT_MOST_MS) +
  (failure.layer === 'load-balancer' ? BALANCER_NOISE_MS : PROXY_NOISE_MS) +
  NOISE_GROWTH * noiseMsAt(failure, world)

/** How a request that was cut relates to the end of a process. */
export type CutAge = 'crossed' | 'unclear' | 'in-flight'

/** The request was cut on its connection, or a proxy says that its own connection to the pod was. */
export const isCut = (failure: FailureCase, world: World): boolean =>
  (world.legOf(failure) !== 'l7' &&
    (failure.kind === 'reset' || failure.kind === 'closed') &&
    failure.firstByteMs === null) ||
  (isProxyAnswer(failure, world) && failure.status === 502 && !isSlowRefusal(failure, world))

/** Pods near whose exit the request failed: what a proxy says of an exit comes as late as busy machines make it. */
export const exitingPods = (failure: FailureCase, world: World): readonly PodLine[] => {
  const lateMs = lateByMs(failure, world)
  return endingPods(failure, world).filter(
    ({ exit }) =>
      near(failure.endMs, exit) ||
      (exit !== null &&
        lateMs > 0 &&
        overlaps(exit, { earliest: failure.endMs - lateMs, latest: failure.endMs })),
  )
}

/** Pods that may have closed connections when the request failed: between SIGTERM and their exit. */
export const closingPods = (failure: FailureCase, world: World): readonly PodLine[] => {
  const lateMs = lateByMs(failure, world)
  return endingPods(failure, world).filter(
    ({ sigterm, exit }) =>
      sigterm !== null &&
      exit !== null &&
      failure.endMs >= sigterm.earliest - SLACK_MS &&
      failure.endMs - lateMs <= exit.latest + SLACK_MS,
  )
}

/** How much later than it happened a proxy's word of it may have come, ms; 0 on other paths. */
export const lateByMs = (failure: FailureCase, world: World): number =>
  isProxyAnswer(failure, world) ? Math.min(noiseMsAt(failure, world), failure.endMs - failure.startMs) : 0

/** Pods whose process was killed at the end of its grace just when the request failed. */
export const killedPods = (failure: FailureCase, world: World): readonly PodLine[] =>
  exitingPods(failure, world).filter((line) => {
    const kill = killOf(line)
    if (line.exited !== null) return wasKilledAtGrace(line, kill)
    return kill !== null && near(failure.endMs, kill) && failure.endMs >= kill.earliest
  })

/**
 * Whether the request had reached the app (older than a round trip) or may have crossed the close on its way. An
 * orderly exit (code 0) closes idle connections and waits for what it has begun, so a young request crossed; any other
 * exit drops what it has, so only a request of two round trips at most may have crossed. Between the two, others that
 * were cut at the same instant decide: old ones show that the process did not wait for anybody.
 */
export const cutAgeOf = (failure: FailureCase, line: PodLine | undefined, world: World): CutAge => {
  // A proxy adds its own time, and refuses as fast as it can: only what took clearly longer had reached the app.
  if (world.legOf(failure) === 'l7')
    return failure.ageMs > workedOnMs(failure, world) ? 'in-flight' : 'unclear'
  // A socket that closes with unread data sends RST, and FIN otherwise (RFC 2525, 2.17; Linux tcp_close): what was
  // reset had not been read by the app, however busy it was.
  if (failure.kind === 'reset') return failure.fresh ? 'unclear' : 'crossed'
  const { strict, lenient } = crossingMs(world)
  const limitMs = line?.exited?.code === 0 ? lenient : strict
  if (failure.ageMs > 3 * limitMs) return 'in-flight'
  // Where the pod is not known, a burst may hold failures of several pods and causes.
  const burst = world.podOf(failure) === null ? null : world.burstOf(failure)
  if (burst !== null && burst.oldestAgeMs > 3 * limitMs && burst.count > 1) return 'in-flight'
  return failure.ageMs <= limitMs ? 'crossed' : 'unclear'
}

/**
 * Whether the pod had stopped answering well before its exit: of the requests that were cut with this one, some had
 * waited longer than nearly any answer takes.
 */
export const hadStoppedAnswering = (failure: FailureCase, world: World): boolean => {
  const burst = world.burstOf(failure)
  const usualMs = world.rows.okMs?.p999 ?? Number.POSITIVE_INFINITY
  return (
    failure.kind === 'reset' &&
    burst !== null &&
    burst.connections > 1 &&
    burst.oldestAgeMs > 1.5 * usualMs &&
    burst.oldestAgeMs > usualMs + 50
  )
}
