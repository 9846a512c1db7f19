import { PODS } from '../sim/resource-names.ts'
import type { KubeObject } from '../sim/store.ts'
import { asPod } from '../sim/types.ts'
import { type PodWorker, type PodWorkerDeps, startPodWorker } from './pod-worker.ts'

export interface KubeletDeps extends PodWorkerDeps {
  readonly nodes: readonly { readonly name: string; readonly address: string }[]
  readonly nextPodAddress: (nodeIndex: number) => string
}

/** The kubelets of all nodes of the lab. */
export interface Kubelet {
  /** Kills what runs; resolves when all processes have ended. Nothing is written to the store any more. */
  stop(): Promise<void>
}

/** Runs each pod that has a node of ours as a real process, until its object is gone. */
export const startKubelet = (deps: KubeletDeps): Kubelet => {
  const { store, nodes } = deps
  const workers = new Map<string, PodWorker>()
  let stopped = false

  const take = (object: KubeObject): void => {
    const pod = asPod(object)
    const { uid = '' } = pod.metadata
    const known = workers.get(uid)
    if (known !== undefined) {
      known.update(pod)
      return
    }
    const nodeIndex = nodes.findIndex(({ name }) => name === pod.spec.nodeName)
    const node = nodes[nodeIndex]
    if (node === undefined) return
    const place = {
      nodeName: node.name,
      nodeAddress: node.address,
      podAddress: deps.nextPodAddress(nodeIndex),
    }
    const worker = startPodWorker(deps, pod, place)
    workers.set(uid, worker)
    worker.update(pod)
    worker.done
      .finally(() => workers.delete(uid))
      .catch((error: unknown) => {
        deps.events.record({
          about: object,
          type: 'Warning',
          reason: 'FailedSync',
          message: `error determining status: ${String(error)}`,
          component: 'kubelet',
          host: node.name,
        })
      })
  }

  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    if (stopped || resource !== PODS) return
    if (type === 'DELETED') workers.get(object.metadata.uid ?? '')?.removed()
    else take(object)
  })
  for (const pod of store.list(PODS, null).items) take(pod)

  return {
    stop: async () => {
      stopped = true
      unsubscribe()
      const running = [...workers.values()]
      for (const worker of running) worker.removed()
      await Promise.allSettled(running.map(({ done }) => done))
    },
  }
}
