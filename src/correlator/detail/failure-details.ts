import type { FailureDetail } from '../../model/detail.ts'
import type { FailureCase } from '../failure-case.ts'
import type { World } from '../world.ts'
import { connectionHistories } from './connection-history.ts'

const CONNECTION = 4294967296

const twinOf = ({ twin }: FailureCase): FailureDetail['twin'] =>
  twin === null
    ? null
    : {
        startedAtMs: twin.startedAtMs,
        endedAtMs: twin.endedAtMs,
        outcome: twin.outcome,
        kind: twin.kind,
        remoteAddress: twin.remoteAddress,
        pod: twin.pod,
      }

/** What is known of each failure beyond its verdict, in the order of the verdicts. */
export const failureDetails = (world: World): FailureDetail[] => {
  const histories = connectionHistories(world.requests, world.failures)
  return world.failures.map((failure) => {
    const known = world.podOf(failure)
    return {
      requestId: failure.requestId,
      seq: failure.seq,
      podUid: known?.line.ref.uid ?? null,
      podBy: known?.by ?? null,
      phase: failure.phase,
      intendedAtMs: failure.intendedMs,
      writtenAtMs: failure.writtenMs,
      connectedAtMs: failure.connectedMs,
      firstByteAtMs: failure.firstByteMs,
      idleMs: failure.idleMs,
      code: failure.code,
      layer: failure.layer,
      worker: failure.worker,
      connectionId: failure.connectionKey % CONNECTION,
      twin: twinOf(failure),
      history: histories.get(failure.requestId) ?? [],
    }
  })
}
