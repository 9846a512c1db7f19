import { connect } from 'node:net'
import type { Clock } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { LabConfig } from './lab-config.ts'
import type { EndpointTable } from './paths/endpoint-table.ts'
import { DEPLOYMENTS, PODS } from './sim/resource-names.ts'
import type { Store } from './sim/store.ts'
import { asDeployment, asPod } from './sim/types.ts'

const LOOK_EVERY_MS = 25

/** Why the pods are not available, from the first that says so. */
const problemOf = (store: Store, namespace: string): string => {
  for (const item of store.list(PODS, namespace).items) {
    const [status] = asPod(item).status?.containerStatuses ?? []
    const state = status?.state
    if (state?.waiting?.reason !== undefined && state.waiting.reason !== 'ContainerCreating')
      return `${item.metadata.name}: ${state.waiting.reason} ${state.waiting.message ?? ''}`
    if (status?.lastState?.terminated !== undefined)
      return `${item.metadata.name}: ended with code ${status.lastState.terminated.exitCode}`
  }
  return 'the pods do not become ready'
}

const isAvailable = (store: Store, config: LabConfig): boolean => {
  const object = store.get(DEPLOYMENTS, config.namespace, config.deployment)
  if (object === null) return false
  return (asDeployment(object).status?.availableReplicas ?? 0) >= config.replicas
}

/** Whether something accepts connections there. */
const accepts = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port })
    const settle = (accepted: boolean): void => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })

/** Pods without a readiness probe count as ready before they listen; the lab is up when all of them do. */
const allAccept = async (tables: readonly EndpointTable[], port: number): Promise<boolean> => {
  const addresses = new Set(tables.flatMap((table) => table.endpoints.map(({ address }) => address)))
  const answers = await Promise.all([...addresses].map((address) => accepts(address, port)))
  return answers.every((accepted) => accepted)
}

/**
 * Resolves when all replicas are available and listen, and every data path knows them. Rejects (LAB_FAILED) with what the pods
 * say when that takes longer than `timeoutMs`.
 * @param balancerServes whether the load balancer, where there is one, has found its targets healthy
 */
export const untilServing = async (
  store: Store,
  clock: Clock,
  config: LabConfig,
  tables: readonly EndpointTable[],
  balancerServes: () => boolean,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> => {
  const untilMs = clock.nowMs() + timeoutMs
  const serves = (): boolean =>
    isAvailable(store, config) &&
    balancerServes() &&
    tables.every((table) => table.endpoints.filter(({ ready }) => ready).length >= config.replicas)
  while (!serves() || !(await allAccept(tables, config.port))) {
    if (clock.nowMs() > untilMs)
      throw new HarnessError(
        'LAB_FAILED',
        `the lab's application is not up: ${problemOf(store, config.namespace)}`,
      )
    await clock.sleepMs(LOOK_EVERY_MS, signal)
  }
}
