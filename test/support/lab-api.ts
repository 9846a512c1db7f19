import { systemClock } from '../../src/kernel/clock.ts'
import { type ApiServer, type ApiServerOptions, startApiServer } from '../../src/lab/server/api-server.ts'
import { startControlPlane } from '../../src/lab/sim/control-plane.ts'
import { createStore } from '../../src/lab/sim/memory-store.ts'
import type { Store } from '../../src/lab/sim/store.ts'
import { asDeployment } from '../../src/lab/sim/types.ts'
import { type ApiObject, asApiObject } from './api-object.ts'
import { type CollectedWatch, collectWatch } from './collect-watch.ts'
import { type FakeKubeletOptions, startFakeKubelet } from './fake-kubelet.ts'

export interface LabApi extends ApiServer {
  readonly store: Store
  /** Calls the API: method and path, a JSON body, extra headers. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number; readonly body: ApiObject }>
  /** Resolves when the condition holds after some change of the store. */
  until(condition: () => boolean): Promise<void>
  /** Resolves when the Deployment `shop/NAME` is fully rolled out. */
  rolledOut(name: string): Promise<void>
  stop(): Promise<void>
}

/** A control plane with an API and a played kubelet, in this process, on a free port. */
export const startLabApi = async (
  options: Partial<ApiServerOptions> & {
    readonly kubelet?: FakeKubeletOptions
    readonly historyLength?: number
    readonly autoscalerPeriodMs?: number
  } = {},
): Promise<LabApi> => {
  const clock = systemClock
  const store = createStore(clock, { historyLength: options.historyLength ?? 20_000 })
  const nodes = ['node1', 'node2'].map((name, index) => ({ name, address: `127.0.1.${index + 1}` }))
  const { autoscalerPeriodMs = 15_000 } = options
  const plane = startControlPlane({
    store,
    clock,
    nodes,
    options: { namespaces: ['shop'], autoscalerPeriodMs },
  })
  const kubelet = startFakeKubelet(store, clock, options.kubelet)
  const server = await startApiServer(store, { clock, ...options })

  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return
        unsubscribe()
        resolve()
      }
      const unsubscribe = store.subscribe(check)
      check()
    })

  return {
    ...server,
    store,
    call: async (method, path, body, headers = {}) => {
      const response = await fetch(`${server.url}${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return { code: response.status, body: asApiObject(await response.json()) }
    },
    until,
    rolledOut: (name) =>
      until(() => {
        const found = store.get('deployments.apps', 'shop', name)
        if (found === null) return false
        const { spec, status, metadata } = asDeployment(found)
        const { replicas = 1 } = spec
        return (
          status?.observedGeneration === metadata.generation &&
          (status?.updatedReplicas ?? 0) === replicas &&
          (status?.replicas ?? 0) === replicas &&
          (status?.availableReplicas ?? 0) === replicas
        )
      }),
    stop: async () => {
      kubelet.stop()
      plane.stop()
      await server.close()
    },
  }
}

export type OpenWatch = CollectedWatch<{ readonly type: string; readonly object: ApiObject }>

/** Opens a watch: `path` with its query. */
export const openWatch = async (
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenWatch> => {
  const abort = new AbortController()
  const response = await fetch(`${url}${path}`, { signal: abort.signal, headers })
  const chunks = response.body ?? new ReadableStream<Uint8Array>({ start: (body) => body.close() })
  return collectWatch(
    chunks,
    (line) => {
      const { type, object }: { type: string; object: unknown } = JSON.parse(line)
      return { type, object: asApiObject(object) }
    },
    () => abort.abort(),
  )
}
