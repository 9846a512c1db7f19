import type { RequestRows } from '../model/request-rows.ts'
import type { FailureCase } from './failure-case.ts'
import type { PodIndex } from './pod-index.ts'
import type { RowFacts } from './row-facts.ts'

/** What stands between client and pod: nothing that speaks HTTP (l4), or a proxy or load balancer (l7). */
export type Leg = 'l4' | 'l7' | 'unknown'

export interface PathFacts {
  readonly leg: Leg
  readonly because: string
  /** Connections go to pod addresses, so that an address names the pod. */
  readonly direct: boolean
  /** A load balancer of a cloud answered some requests itself (`Server: awselb/2.0` and the like). */
  readonly balancer: boolean
}

/** So many answers on used connections without a change of pod, while several pods answered, speak for L4. */
const ENOUGH_ANSWERS = 20

/** A proxy that balances mixes pods on nearly every connection; a connection in a hundred is an error of ours. */
const PROXY_SHARE = 0.1

/**
 * How the run's requests reach the pods. One connection that was answered by several pods proves a proxy; addresses of
 * pods, or connections that all kept to one pod each, speak for L4. A sticky proxy looks like L4 until it answers itself.
 */
export const pathFacts = (
  requests: RequestRows,
  rows: RowFacts,
  index: PodIndex,
  failures: readonly FailureCase[],
): PathFacts => {
  const direct =
    rows.addresses.some((code) => index.isPodAddress(requests.strings[code] ?? '')) ||
    failures.some(({ remoteAddress }) => remoteAddress !== null && index.isPodAddress(remoteAddress))
  const balancer = failures.some((failure) => failure.layer === 'load-balancer')
  const shared = { direct, balancer }
  if (direct) return { leg: 'l4', because: 'connections go to pod addresses', ...shared }
  const { several, onePod, answers } = rows.answersPerConnection
  if (balancer) return { leg: 'l7', because: 'a load balancer answered some requests itself', ...shared }
  if (several > PROXY_SHARE * (several + onePod))
    return { leg: 'l7', because: `${several} connections were answered by more than one pod each`, ...shared }
  if (failures.some((failure) => failure.layer === 'proxy'))
    return { leg: 'l7', because: 'a proxy answered some requests itself', ...shared }
  if (answers >= ENOUGH_ANSWERS && rows.answeringPods.length > 1)
    return { leg: 'l4', because: 'each connection kept to one pod', ...shared }
  if (
    failures.some((failure) => failure.kind === 'connect-refused' || failure.kind === 'connect-unreachable')
  )
    return { leg: 'l4', because: 'connections were refused, which a proxy would have taken', ...shared }
  return { leg: 'unknown', because: 'nothing tells whether a proxy stands in between', ...shared }
}

/** The leg that one failure speaks of: what answered it decides, then its kind, then the run. */
export const legOf = (failure: FailureCase, path: PathFacts): Leg => {
  if (failure.layer === 'proxy' || failure.layer === 'load-balancer') return 'l7'
  if (
    failure.kind === 'status' &&
    failure.layer === null &&
    failure.podName === null &&
    isGatewayStatus(failure.status)
  )
    return path.leg === 'l4' && path.direct ? 'l4' : 'l7'
  if (path.leg !== 'unknown') return path.leg
  return failure.family === 'connect' || failure.family === 'cut' ? 'l4' : 'unknown'
}

/** Statuses that a proxy gives when the pod behind it fails it (RFC 9110, 15.6.3–15.6.5). */
export const isGatewayStatus = (status: number | null): boolean =>
  status === 502 || status === 503 || status === 504
