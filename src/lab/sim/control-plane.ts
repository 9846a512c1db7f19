import type { Clock } from '../../kernel/clock.ts'
import { type Random, seededRandom } from '../../kernel/random.ts'
import { createAutoscalerController } from './autoscaler-controller.ts'
import { type LabNode, namespaceObject, nodeObject } from './cluster-objects.ts'
import type { ControllerContext } from './controller-context.ts'
import { createDeploymentController } from './deployment-controller.ts'
import { createDisruptionController } from './disruption-controller.ts'
import { createEndpointSliceController } from './endpoint-slice-controller.ts'
import { createEventRecorder } from './event-recorder.ts'
import { createGarbageCollector } from './garbage-collector.ts'
import { createReplicaSetController, type ReplicaSetOptions } from './replica-set-controller.ts'
import {
  AUTOSCALERS,
  BUDGETS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  SERVICES,
} from './resource-names.ts'
import { createScheduler } from './scheduler.ts'
import type { Store } from './store.ts'

export interface ControlPlaneOptions extends ReplicaSetOptions {
  /** From a change until a controller acts on it, ms. Default 5. */
  readonly syncDelayMs?: number
  /** From a pod's change until its EndpointSlice follows, ms. Default 20 (a real cluster's median). */
  readonly endpointDelayMs?: number
  /** From one look of the autoscaler controller at an object to the next, ms. Default 15,000, as kube-controller-manager has it. */
  readonly autoscalerPeriodMs?: number
  /** Namespaces that are there from the start; `default` and `kube-system` always are. */
  readonly namespaces?: readonly string[]
  /** Names of pods and slices come from it. Default: seeded with 1. */
  readonly random?: Random
}

export interface ControlPlane {
  /** Ends all controllers; the store stays as it is. */
  stop(): void
}

/** Resources whose objects go when their owner goes. */
const COLLECTED = [
  DEPLOYMENTS,
  REPLICA_SETS,
  PODS,
  SERVICES,
  ENDPOINT_SLICES,
  BUDGETS,
  AUTOSCALERS,
  'configmaps',
  'serviceaccounts',
  'events',
  'ingresses.networking.k8s.io',
  'leases.coordination.k8s.io',
]

/**
 * Creates the nodes and namespaces and starts all controllers over the store. Pods get as far as a node; what
 * happens there, and the removal of pods whose deletion has begun, is the kubelet's part.
 */
export const startControlPlane = (parts: {
  readonly store: Store
  readonly clock: Clock
  readonly nodes: readonly LabNode[]
  readonly options?: ControlPlaneOptions
}): ControlPlane => {
  const { store, clock, nodes, options = {} } = parts
  const context: ControllerContext = {
    store,
    clock,
    random: (options.random ?? seededRandom(1)).fork('control-plane'),
    events: createEventRecorder(store, clock),
    syncDelayMs: options.syncDelayMs ?? 5,
  }
  const controllers = [
    createScheduler(context),
    createDeploymentController(context),
    createReplicaSetController(context, options),
    createEndpointSliceController(context, { delayMs: options.endpointDelayMs ?? 20 }),
    createDisruptionController(context),
    createAutoscalerController(context, { periodMs: options.autoscalerPeriodMs ?? 15_000 }),
    createGarbageCollector(context, COLLECTED),
  ]
  const unsubscribe = store.subscribe((event) => {
    for (const controller of controllers) controller.handle(event)
  })
  for (const name of new Set(['default', 'kube-system', ...(options.namespaces ?? [])]))
    if (store.get(NAMESPACES, null, name) === null) store.create(NAMESPACES, namespaceObject(name))
  for (const node of nodes)
    if (store.get(NODES, null, node.name) === null) store.create(NODES, nodeObject(node, clock.epochMs()))
  return {
    stop: () => {
      unsubscribe()
      for (const controller of controllers) controller.stop()
    },
  }
}
