import type { Clock } from '../../src/kernel/clock.ts'
import type { Store } from '../../src/lab/sim/store.ts'
import { kubeTime } from '../../src/lab/sim/timestamp.ts'
import { asPod, type Pod } from '../../src/lab/sim/types.ts'

export interface FakeKubeletOptions {
  /** From being scheduled to Running, and from there to Ready, ms. */
  readonly startMs?: number
  readonly readyMs?: number
  /** From the begin of the deletion to the end of the pod, ms. */
  readonly stopMs?: number
  /** Whether this pod becomes ready at all; default: it does. */
  readonly becomesReady?: (pod: Pod) => boolean
}

/** Plays the kubelet of all nodes without processes: scheduled pods run and get ready, deleted ones go. */
export const startFakeKubelet = (
  store: Store,
  clock: Clock,
  { startMs = 20, readyMs = 20, stopMs = 30, becomesReady = () => true }: FakeKubeletOptions = {},
): { stop(): void } => {
  const seen = new Set<string>()
  const ending = new Set<string>()
  let address = 0

  const status = (pod: Pod, ready: boolean): Pod['status'] => {
    const now = kubeTime(clock.epochMs())
    const is = (type: string, value: boolean) => ({
      type,
      status: value ? 'True' : 'False',
      lastProbeTime: null,
      lastTransitionTime: now,
      ...(!value && { reason: 'ContainersNotReady', message: 'containers with unready status' }),
    })
    return {
      ...pod.status,
      phase: 'Running',
      hostIP: '127.0.0.1',
      podIP: pod.status?.podIP ?? `127.9.0.${++address}`,
      conditions: [
        is('Initialized', true),
        is('Ready', ready),
        is('ContainersReady', ready),
        ...(pod.status?.conditions ?? []).filter(({ type }) => type === 'PodScheduled'),
      ],
      containerStatuses: pod.spec.containers.map(({ name, image }) => ({
        name,
        image,
        imageID: '',
        containerID: `lab://${name}`,
        ready,
        started: true,
        restartCount: 0,
        lastState: {},
        state: { running: { startedAt: now } },
      })),
    }
  }

  const change = (pod: Pod, ready: boolean): void => {
    store.mutate('pods', pod.metadata.namespace ?? null, pod.metadata.name, (draft) => {
      const current = asPod(draft)
      const next = status(current, ready)
      if (current.metadata.uid === pod.metadata.uid && next !== undefined) draft.status = next
    })
  }

  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    if (resource !== 'pods' || type === 'DELETED') return
    const pod = asPod(object)
    const uid = pod.metadata.uid ?? ''
    if (pod.spec.nodeName !== undefined && !seen.has(uid)) {
      seen.add(uid)
      // One after the other: two timers that are both late may fire in either order.
      clock.after(startMs, () => {
        change(pod, false)
        if (becomesReady(pod)) clock.after(readyMs, () => change(pod, true))
      })
    }
    if (pod.metadata.deletionTimestamp !== undefined && !ending.has(uid)) {
      ending.add(uid)
      clock.after(stopMs, () => {
        const last = store.get('pods', pod.metadata.namespace ?? null, pod.metadata.name)
        if (last?.metadata.uid === uid)
          store.remove('pods', pod.metadata.namespace ?? null, pod.metadata.name)
      })
    }
  })
  return { stop: unsubscribe }
}
