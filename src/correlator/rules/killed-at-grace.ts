import type { FailureCase } from '../failure-case.ts'
import { killOf, type PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'

/** What tells A3 (SIGTERM had no effect) from A4 (it had, but the grace was too short), for one killed pod. */
export interface SigtermEffect {
  /** It took new work close to its end. */
  readonly workedToTheEnd: boolean
  /** It took new work some time after SIGTERM, not close to its end. */
  readonly workedForAWhile: boolean
  /** Its listener refused after SIGTERM: the app had heard it. */
  readonly closedListener: boolean
  /** preStop alone takes the whole grace. */
  readonly hookFillsGrace: boolean
}

/** The part of the time between SIGTERM and SIGKILL that counts as its end. */
const END_SHARE = 0.25

export const sigtermEffect = (failure: FailureCase, line: PodLine, world: World): SigtermEffect => {
  const kill = killOf(line)
  const traffic = world.traffic.get(line.ref.uid)
  const { sigterm } = line
  const hookFillsGrace =
    line.gracePeriodSeconds !== null &&
    line.preStopMs.minMs >= line.gracePeriodSeconds * 1000 &&
    line.preStopMs.minMs > 0
  if (kill === null || sigterm === null)
    return { workedToTheEnd: false, workedForAWhile: false, closedListener: false, hookFillsGrace }
  const lateFromMs = kill.earliest - Math.max(1500, (kill.earliest - sigterm.latest) * END_SHARE)
  const isThis = world.podOf(failure)?.line === line
  const ownStartMs = isThis ? (failure.writtenMs ?? failure.startMs) : Number.NEGATIVE_INFINITY
  const lastMs = Math.max(
    traffic?.lastAcceptedAfterSigtermMs ?? Number.NEGATIVE_INFINITY,
    ownStartMs > sigterm.latest ? ownStartMs : Number.NEGATIVE_INFINITY,
  )
  const refusedMs = traffic?.lastRefusedMs ?? Number.NEGATIVE_INFINITY
  return {
    workedToTheEnd: lastMs > sigterm.latest && lastMs >= lateFromMs,
    workedForAWhile: lastMs > sigterm.latest && lastMs < lateFromMs,
    closedListener: refusedMs > sigterm.latest && refusedMs < (line.exit?.earliest ?? 0),
    hookFillsGrace,
  }
}

/** The requests that only a kill ends: cut, or without an answer, at the moment of the kill. */
export const isEndedByKill = (failure: FailureCase, world: World): boolean => {
  if (failure.kind === 'reset' || failure.kind === 'closed') return world.legOf(failure) !== 'l7'
  if (failure.kind === 'status')
    return failure.layer !== 'app' && failure.status === 502 && world.legOf(failure) === 'l7'
  return false
}
