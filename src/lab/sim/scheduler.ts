import type { Controller, ControllerContext } from './controller-context.ts'
import { keyOf, splitKey } from './controller-context.ts'
import { conditionOf, isPodActive } from './pod-state.ts'
import { NODES, PODS } from './resource-names.ts'
import { hasLabels } from './selector.ts'
import { kubeTime } from './timestamp.ts'
import { asNode, asPod, type Condition, controllerOf, type NodeObject, type Pod } from './types.ts'
import { createWorkQueue } from './work-queue.ts'

const COMPONENT = 'default-scheduler'
/** From a pod that fitted nowhere until it is tried again. */
const RETRY_MS = 1000

const isOpen = (node: NodeObject): boolean =>
  node.spec.unschedulable !== true && conditionOf(node.status?.conditions, 'Ready')?.status === 'True'

const isUnscheduled = (pod: Pod): boolean => (pod.spec.nodeName ?? '') === '' && isPodActive(pod)

/** Gives each new pod a node: the one with the fewest pods of the same owner, in turn where that leaves a choice. */
export const createScheduler = (context: ControllerContext): Controller => {
  const { store, clock, events } = context
  let turn = 0

  const choose = (pod: Pod, nodes: readonly NodeObject[]): NodeObject | null => {
    const fitting = nodes
      .filter(isOpen)
      .filter(({ metadata }) => hasLabels(metadata.labels, pod.spec.nodeSelector ?? {}))
    const owner = controllerOf(pod.metadata)?.uid
    const siblings = store
      .list(PODS, pod.metadata.namespace ?? null)
      .items.map(asPod)
      .filter((other) => isPodActive(other) && controllerOf(other.metadata)?.uid === owner)
    const load = ({ metadata }: NodeObject): number =>
      siblings.filter(({ spec }) => spec.nodeName === metadata.name).length
    const least = Math.min(...fitting.map(load))
    const best = fitting.filter((node) => load(node) === least)
    return best[turn++ % Math.max(1, best.length)] ?? null
  }

  const withScheduled = (pod: Pod, condition: Condition): Pod['status'] => ({
    phase: 'Pending',
    ...pod.status,
    conditions: [
      ...(pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled'),
      { lastProbeTime: null, ...condition },
    ],
  })

  const postpone = (pod: Pod, key: string, nodes: number): void => {
    const { namespace = null, name } = pod.metadata
    const message = `0/${nodes} nodes are available.`
    const before = conditionOf(pod.status?.conditions, 'PodScheduled')
    if (before?.status !== 'False') {
      const lastTransitionTime = kubeTime(clock.epochMs())
      const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }
      store.mutate(PODS, namespace, name, (draft) => {
        const status = withScheduled(pod, { ...condition, lastTransitionTime })
        if (status !== undefined) draft.status = status
      })
      events.record({
        about: pod,
        type: 'Warning',
        reason: 'FailedScheduling',
        message,
        component: COMPONENT,
      })
    }
    queue.addAfter(key, RETRY_MS)
  }

  const sync = (key: string): void => {
    const { namespace, name } = splitKey(key)
    const found = store.get(PODS, namespace, name)
    if (found === null || !isUnscheduled(asPod(found))) return
    const pod = asPod(found)
    const nodes = store.list(NODES, null).items.map(asNode)
    const node = choose(pod, nodes)
    if (node === null) {
      postpone(pod, key, nodes.length)
      return
    }
    const lastTransitionTime = kubeTime(clock.epochMs())
    store.mutate(PODS, namespace, name, (draft) => {
      draft.spec = { ...pod.spec, nodeName: node.metadata.name }
      draft.status = withScheduled(pod, { type: 'PodScheduled', status: 'True', lastTransitionTime })
    })
    const message = `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`
    events.record({ about: pod, reason: 'Scheduled', message, component: COMPONENT })
  }

  const queue = createWorkQueue(clock, context.syncDelayMs, sync)

  return {
    handle: ({ type, resource, object }) => {
      if (resource === PODS && type !== 'DELETED' && isUnscheduled(asPod(object))) {
        const waits = conditionOf(asPod(object).status?.conditions, 'PodScheduled')?.status === 'False'
        if (!waits) queue.add(keyOf(object))
      }
      if (resource !== NODES || type === 'DELETED') return
      for (const pod of store.list(PODS, null).items) if (isUnscheduled(asPod(pod))) queue.add(keyOf(pod))
    },
    stop: () => queue.stop(),
  }
}
