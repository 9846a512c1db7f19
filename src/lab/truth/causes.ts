import { parseDurationMs } from '../../kernel/units.ts'
import type { ConnectionState } from '../app/connection-table.ts'
import type { PodRecord, ProcessLife } from './pod-records.ts'

/** Beyond this after the EndpointSlice changed, a path that still sends is itself to blame (B1, B3), not the pod. */
const EXCESS_LAG_US = 3_000_000
/** A connect may come this much after the answer that named its address, and a close be told this much late. */
const CONNECT_SLACK_US = 10_000

export interface Cause {
  readonly cause: string
  readonly root?: string
  readonly mechanism: string
}

/** How a new connection to the pod at that moment fares; `null` = it is served, or nobody knows. */
export type ConnectFate = 'refused' | 'timeout' | null

const lingerUs = (record: PodRecord): number =>
  (parseDurationMs(String(record.container.env.EXIT_LINGER)) ?? 0) * 1000

const lifeAt = (record: PodRecord, atUs: number): ProcessLife | null =>
  record.lives.findLast(({ startedUs }) => startedUs <= atUs + CONNECT_SLACK_US) ?? null

export const connectFate = (record: PodRecord, atUs: number): ConnectFate => {
  if (record.sandboxGoneUs !== null && atUs >= record.sandboxGoneUs) return 'timeout'
  const life = lifeAt(record, atUs)
  if (life === null) return 'refused'
  const speaks = record.container.command.length === 0
  if (speaks && (life.listeningUs === null || atUs < life.listeningUs)) return 'refused'
  const lateUs = atUs + CONNECT_SLACK_US
  if (life.listenerClosedUs !== null && lateUs >= life.listenerClosedUs) return 'refused'
  if (life.exitedUs !== null && lateUs + lingerUs(record) >= life.exitedUs) return 'refused'
  return null
}

/** How a request came to a pod: `alb` is an IP target of the load balancer. */
export type PathKind = 'service' | 'ingress' | 'alb'

/** Why a pod that leaves was still sent to when it no longer listened. */
const leavingCause = (record: PodRecord, atUs: number, path: PathKind): string => {
  const knownUs = record.endpointDownUs ?? record.deletionUs ?? atUs
  // A cloud load balancer always takes tens of seconds: that lag (B4) is what preStop has to cover.
  if (path !== 'alb' && atUs > knownUs + EXCESS_LAG_US) return path === 'service' ? 'B1' : 'B3'
  const { preStop } = record.container
  if (preStop === null) return 'A1'
  return record.preStopFailed ? 'A5' : 'A2'
}

/** The cause of a connect to this pod that failed. */
export const connectCause = (
  record: PodRecord,
  atUs: number,
  path: PathKind,
  fate: 'refused' | 'timeout',
): Cause => {
  const how = fate === 'refused' ? 'refused' : 'timed out: the pod was gone (B9)'
  if (record.deletionUs !== null && atUs + CONNECT_SLACK_US >= record.deletionUs)
    return { cause: leavingCause(record, atUs, path), mechanism: `connect to a leaving pod ${how}` }
  const life = lifeAt(record, atUs)
  const hasEnded = life?.exitedUs != null && atUs + CONNECT_SLACK_US + lingerUs(record) >= life.exitedUs
  if (!hasEnded && (life?.restartCount ?? 0) === 0)
    return { cause: 'C1', mechanism: `connect to a pod that did not listen yet ${how}` }
  const lastExit = record.lives.findLast(
    ({ exitedUs }) => exitedUs !== null && exitedUs <= atUs + CONNECT_SLACK_US,
  )?.exit
  return lastExit?.unhealthy === true
    ? { cause: 'E6', mechanism: `connect to a restarting container ${how}` }
    : { cause: 'C8', mechanism: `connect to a crashed container ${how}` }
}

/** Why a request in flight was lost with its process. */
const exitCause = (record: PodRecord, life: ProcessLife): string => {
  const { exit } = life
  if (exit === null || (!exit.terminating && !exit.unhealthy)) return 'C8'
  if (exit.unhealthy) return 'E6'
  if (exit.killedAtGrace) return record.container.env.ON_SIGTERM === 'ignore' ? 'A3' : 'A4'
  return record.termUs === null ? 'A15' : 'A16'
}

/** The cause for what was on a connection that was open when its process ended. */
export const openConnectionCause = (
  record: PodRecord,
  life: ProcessLife,
  state: ConnectionState['state'],
): Cause => {
  const root = exitCause(record, life)
  switch (state) {
    case 'in-flight':
      return { cause: root, mechanism: 'request in flight when the process ended' }
    case 'answering':
      return { cause: 'A9', root, mechanism: 'body cut when the process ended' }
    case 'idle': {
      const cause = root === 'A16' ? (lingerUs(record) > 0 ? 'A7' : 'A6') : root
      return { cause, mechanism: 'kept-alive connection closed when the process ended' }
    }
  }
}

/** The cause when the ingress lost the request that it had sent to this pod. */
export const lostUpstreamCause = (
  record: PodRecord,
  lost: { readonly requestId: string | null; readonly endedUs: number; readonly bodyCut: boolean },
): Cause => {
  const life = record.lives.findLast(({ startedUs }) => startedUs <= lost.endedUs) ?? null
  const ended = life?.exitedUs != null && Math.abs(life.exitedUs - lost.endedUs) < 100_000
  if (life === null || (!ended && record.deletionUs === null))
    return { cause: 'D1', mechanism: 'the pod closed a kept-alive connection that the ingress was using' }
  const open = life.connections.find(({ requestId }) => requestId !== null && requestId === lost.requestId)
  if (lost.bodyCut)
    return {
      ...openConnectionCause(record, life, 'answering'),
      mechanism: 'body cut between pod and ingress',
    }
  if (open !== undefined) return openConnectionCause(record, life, open.state)
  return openConnectionCause(record, life, 'idle')
}
