import type { FailureCase } from '../failure-case.ts'
import { killOf, type PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'
import {
  BALANCER_NOISE_MS,
  crossingMs,
  endingPods,
  isProxyAnswer,
  isSlowRefusal,
  near,
  promptMs,
  wasKilledAtGrace,
} from './ending-pods.ts'

/** When a pod ends, proxy, pods and vUsers are busy at once: a refusal was seen to take this much longer. */
const PROXY_NOISE_MS = 30

const noiseMs = ({ layer }: FailureCase): number =>
  layer === 'load-balancer' ? BALANCER_NOISE_MS : PROXY_NOISE_MS

/** How a request that was cut relates to the end of a process. */
export type CutAge = 'crossed' | 'unclear' | 'in-flight'

/** The request was cut on its connection, or a proxy says that its own connection to the pod was. */
export const isCut = (failure: FailureCase, world: World): boolean =>
  (world.legOf(failure) !== 'l7' &&
    (failure.kind === 'reset' || failure.kind === 'closed') &&
    failure.firstByteMs === null) ||
  (isProxyAnswer(failure, world) && failure.status === 502 && !isSlowRefusal(failure, world))

/** Pods near whose exit the request failed. */
export const exitingPods = (failure: FailureCase, world: World): readonly PodLine[] =>
  endingPods(failure, world).filter((line) => near(failure.endMs, line.exit))

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
  // A proxy adds its own time, and refuses as fast as it can: only what took as long as an answer had reached the app.
  if (world.legOf(failure) === 'l7')
    return failure.ageMs > (world.rows.okMs === null ? 20 : promptMs(world)) + noiseMs(failure)
      ? 'in-flight'
      : 'unclear'
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
