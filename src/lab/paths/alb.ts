import type { ChildProcess } from 'node:child_process'
import type { TargetGroupApi } from '../sim/alb/target-group-controller.ts'
import { NOT_REGISTERED, type TargetHealth } from '../sim/alb/target-health.ts'
import type { AlbStart, FromAlb, ToAlb } from './alb-messages.ts'
import type { Endpoint, EndpointTable } from './endpoint-table.ts'
import type { FromProxy } from './ingress-messages.ts'
import { startProxyProcess } from './proxy-process.ts'

/** The lab's side of the ALB process. */
export interface AlbProcess {
  readonly api: TargetGroupApi
  /** Which addresses some load balancer node may still send to. */
  readonly table: Pick<EndpointTable, 'holds'>
  /** How many targets are healthy for the whole load balancer. */
  healthy(): number
  nodeEndpoints(node: string, endpoints: readonly Endpoint[]): void
  settled(): void
  close(): Promise<void>
}

/** Starts the load balancer and waits until it listens. Rejects with LAB_FAILED when it cannot. */
export const startAlb = async (
  start: () => ChildProcess,
  settings: AlbStart,
  onMessage: (message: FromProxy) => void,
): Promise<AlbProcess> => {
  const health = new Map<string, TargetHealth>()
  const held = new Set<string>()
  const balancer = await startProxyProcess<ToAlb, FromAlb>(
    'load balancer',
    start,
    { type: 'start', ...settings },
    (message) => {
      if (message.type === 'health') health.set(message.id, message.health)
      else if (message.type === 'forgotten') held.delete(message.id)
      else onMessage(message)
    },
  )
  return {
    api: {
      configure: (next) => balancer.send({ type: 'configure', settings: next }),
      register: (targets) => {
        for (const { id } of targets) held.add(id)
        balancer.send({ type: 'register', targets })
      },
      deregister: (ids) => balancer.send({ type: 'deregister', ids }),
      health: (id) => health.get(id) ?? NOT_REGISTERED,
    },
    table: { holds: (address) => held.has(address) },
    healthy: () => [...health.values()].filter(({ state }) => state === 'healthy').length,
    nodeEndpoints: (node, endpoints) => balancer.send({ type: 'node-endpoints', node, endpoints }),
    settled: () => balancer.send({ type: 'settled' }),
    close: balancer.close,
  }
}
