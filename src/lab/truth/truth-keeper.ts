import type { Clock } from '../../kernel/clock.ts'
import type { PodLifeEvent } from '../node/pod-life.ts'
import type { FailedTry, FromIngress, FromProxy } from '../paths/ingress-messages.ts'
import {
  type Cause,
  connectCause,
  connectFate,
  lostUpstreamCause,
  openConnectionCause,
  type PathKind,
} from './causes.ts'
import { createPodRecords } from './pod-records.ts'
import type { TruthLine, TruthLog } from './truth-log.ts'

/** What happened is judged this much later, when it is known what became of the pods meanwhile. */
const JUDGE_AFTER_US = 1_500_000
const JUDGE_EVERY_MS = 250
const NOT_SENT_TWICE: ReadonlySet<string> = new Set(['POST', 'LOCK', 'PATCH'])

/** Writes the lab's ground truth, from what the nodes, the DNS server and the ingress tell. */
export interface TruthKeeper {
  podEvent(event: PodLifeEvent): void
  /** The addresses that the EndpointSlices have as ready. */
  readyAddresses(addresses: ReadonlySet<string>, atUs: number): void
  /** The service path sent a new connection there. `null` = there was no endpoint. */
  directed(address: string | null, sentTo: string, atUs: number): void
  ingressTold(message: FromIngress): void
  /** A request through the load balancer failed. */
  albTold(message: FromProxy): void
  /** Judges what is still open. */
  close(): void
}

export interface TruthKeeperOptions {
  readonly clock: Clock
  readonly log: TruthLog
  readonly ingressAddress: string
  readonly ingressRetries: boolean
  /** Nodes of the load balancer. */
  readonly albAddresses: readonly string[]
  /** Whether its targets are nodes, behind which kube-proxy chooses the pod. */
  readonly albTargetsNodes: () => boolean
  /** Whether the pods that serve have a readiness gate of the load balancer. */
  readonly hasGates: () => boolean
  readonly nowUs: () => number
}

export const createTruthKeeper = (options: TruthKeeperOptions): TruthKeeper => {
  const { clock, log, ingressAddress, nowUs } = options
  const proxies = new Set([ingressAddress, ...options.albAddresses])
  const records = createPodRecords()
  let readyCount = 0
  const waiting: { readonly dueUs: number; readonly judge: () => void }[] = []
  const later = (judge: () => void): void => {
    waiting.push({ dueUs: nowUs() + JUDGE_AFTER_US, judge })
  }
  const judgeUntil = (dueUs: number): void => {
    for (let [next] = waiting; next !== undefined && next.dueUs <= dueUs; [next] = waiting) {
      waiting.shift()
      next.judge()
    }
  }
  const stop = clock.every(JUDGE_EVERY_MS, () => judgeUntil(nowUs()))

  const write = (
    { cause, root, mechanism }: Cause,
    line: Pick<TruthLine, 'requestId' | 'clientPort' | 'remoteAddress' | 'atMonotonicUs' | 'pod'>,
  ): void => log.write({ ...line, mechanism, cause, ...(root !== undefined && { root }) })

  /** What was open when a process ended; what came through the ingress is told by the ingress. */
  const exited = (event: PodLifeEvent): void => {
    const record = records.at(event.pod.address)
    const life = record?.lives.at(-1)
    if (record == null || life === undefined) return
    for (const { state, clientAddress, clientPort, requestId } of life.connections) {
      if (proxies.has(clientAddress)) continue
      write(openConnectionCause(record, life, state), {
        requestId,
        clientPort,
        remoteAddress: event.pod.address,
        atMonotonicUs: event.atUs,
        pod: event.pod.name,
      })
    }
  }

  const judgeDirected = (address: string, atUs: number): void => {
    const record = records.at(address)
    if (record === null) return
    const fate = connectFate(record, atUs)
    if (fate === null) return
    write(connectCause(record, atUs, 'service', fate), {
      requestId: null,
      clientPort: null,
      remoteAddress: address,
      atMonotonicUs: atUs,
      pod: record.pod.name,
    })
  }

  const judgeFailed = (message: FromProxy, path: PathKind, retries: boolean): void => {
    const { requestId, clientPort, atUs, bodyCut } = message
    const line = { requestId, clientPort, remoteAddress: message.proxyAddress, atMonotonicUs: atUs }
    const last = message.tries.at(-1)
    if (last === undefined) {
      write({ cause: 'C5', mechanism: `${message.status}: no ready endpoint` }, { ...line, pod: null })
      return
    }
    const record = records.at(last.upstream.address)
    const pod = last.upstream.pod
    if (record === null) return
    if (!last.sent) {
      const fate = last.kind === 'refused' ? 'refused' : 'timeout'
      write(connectCause(record, last.startedUs, path, fate), { ...line, pod })
      return
    }
    // The client left a pod that was working on its request: nothing that the lab did.
    if (last.kind === 'timeout') return
    const base = lostUpstreamCause(record, { requestId, endedUs: last.endedUs, bodyCut })
    const exposed = retries && !bodyCut && NOT_SENT_TWICE.has(message.method)
    const found = exposed
      ? { cause: 'D4', root: base.cause, mechanism: `${message.method} is not sent twice: ${base.mechanism}` }
      : base
    write(found, { ...line, pod })
  }

  /**
   * What only a load balancer does; `null` = judge it as any proxy's failure. With Kubernetes content (a pod is ready)
   * and no target that was found healthy, it is C3, or C4 where no gate made Kubernetes wait.
   */
  const albCause = (message: FromProxy, last: FailedTry | undefined): Cause | null => {
    if (last?.kind === 'deregistered')
      return { cause: 'D6', mechanism: 'the deregistration delay was over with the request in flight' }
    if (last?.upstream.pod === '') return { cause: 'C5', mechanism: 'the node of the target had no endpoint' }
    const leaving = last !== undefined && records.at(last.upstream.address)?.deletionUs != null
    if (last !== undefined && (last.failedOpen !== true || leaving)) return null
    if (readyCount === 0) return { cause: 'C5', mechanism: `${message.status}: no ready endpoint` }
    const how = last === undefined ? 'no target was in service' : 'no target was healthy'
    return { cause: options.hasGates() ? 'C3' : 'C4', mechanism: `${message.status}: ${how}` }
  }

  return {
    podEvent: (event) => {
      records.take(event)
      if (event.type === 'exited') exited(event)
    },
    readyAddresses: (addresses, atUs) => {
      readyCount = addresses.size
      records.takeReady(addresses, atUs)
    },
    directed: (address, sentTo, atUs) => {
      if (address !== null) {
        later(() => judgeDirected(address, atUs))
        return
      }
      const line = {
        requestId: null,
        clientPort: null,
        remoteAddress: sentTo,
        atMonotonicUs: atUs,
        pod: null,
      }
      write({ cause: 'C5', mechanism: 'no ready and no serving endpoint: the connect is refused' }, line)
    },
    ingressTold: (message) => {
      if (message.type === 'request-failed')
        later(() => judgeFailed(message, 'ingress', options.ingressRetries))
      else if (message.type === 'reload-closed')
        write(
          { cause: 'D2', mechanism: 'a reload of the ingress closed the connection' },
          {
            requestId: message.requestId,
            clientPort: message.clientPort,
            remoteAddress: ingressAddress,
            atMonotonicUs: message.atUs,
            pod: null,
          },
        )
    },
    albTold: (message) => {
      const last = message.tries.at(-1)
      const own = albCause(message, last)
      if (own === null) {
        const path = options.albTargetsNodes() ? 'service' : 'alb'
        later(() => judgeFailed(message, path, false))
        return
      }
      write(own, {
        requestId: message.requestId,
        clientPort: message.clientPort,
        remoteAddress: message.proxyAddress,
        atMonotonicUs: message.atUs,
        pod: last?.upstream.pod || null,
      })
    },
    close: () => {
      stop()
      judgeUntil(Number.POSITIVE_INFINITY)
      log.close()
    },
  }
}
