import { runMs, usToMs } from '../kernel/units.ts'
import type { RequestFacts } from '../model/events.ts'
import { type Failure, SOURCES } from '../model/outcome.ts'
import { PHASES } from '../model/phase.ts'
import { classify } from './classify.ts'
import type { Lane } from './http-client.ts'
import { isExpectedStatus } from './template.ts'

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const codeOf = (error: Error): string | null => ('code' in error ? textOf(error.code) : null)

/** What went wrong with the request that a lane has just ended; `null` = nothing. Not for cut requests. */
export const failureOf = (lane: Lane): Failure | null => {
  if (lane.error === null && lane.bodyVerdict === null && isExpectedStatus(lane.template, lane.status))
    return null
  const facts = { status: lane.status === 0 ? null : lane.status, layer: lane.layer, bytesSeen: lane.bytes }
  if (lane.error !== null) {
    const { error, stage, headSeen } = lane
    const code = codeOf(error)
    const { kind, phase } = classify({ stage, code, message: error.message, headSeen })
    const syscall = 'syscall' in error ? textOf(error.syscall) : null
    return { ...facts, kind, phase, code, syscall, message: error.message }
  }
  const complete = { ...facts, phase: 'complete', code: null, syscall: null } as const
  if (!isExpectedStatus(lane.template, lane.status)) {
    return { ...complete, kind: 'status', message: `status ${lane.status}` }
  }
  if (lane.bodyVerdict !== null) return { ...complete, kind: 'check', message: lane.bodyVerdict }
  return null
}

const momentMs = (us: number) => (us < 0 ? null : runMs(usToMs(us)))

/** The row of a lane's last request, by name. */
export const requestFacts = (lane: Lane, worker: number): RequestFacts => {
  const carrier = lane.carrier
  const pod = lane.pod === '' ? (carrier?.pod ?? '') : lane.pod
  return {
    requestId: lane.requestId,
    source: SOURCES[lane.source] ?? 'vuser',
    vu: lane.vu,
    worker,
    template: lane.template.name,
    method: lane.template.method,
    path: lane.template.path,
    phase: PHASES[lane.phaseTag & 255] ?? 'steady',
    rollout: lane.phaseTag >> 8 === 0 ? null : lane.phaseTag >> 8,
    intendedAtMs: runMs(usToMs(lane.intendedUs)),
    startedAtMs: runMs(usToMs(lane.startUs)),
    writtenAtMs: momentMs(lane.writtenUs),
    connectedAtMs: momentMs(carrier?.connectedUs ?? -1),
    firstByteAtMs: momentMs(lane.firstByteUs),
    endedAtMs: runMs(usToMs(lane.endUs)),
    connectionId: carrier?.id ?? 0,
    requestsOnConnection: lane.requestsOnConnection,
    idleMs: lane.idleUs < 0 ? null : usToMs(lane.idleUs),
    localPort: carrier === null || carrier.localPort === 0 ? null : carrier.localPort,
    remoteAddress: carrier === null || carrier.remoteAddress === '' ? null : carrier.remoteAddress,
    pod: pod === '' ? null : pod,
  }
}
