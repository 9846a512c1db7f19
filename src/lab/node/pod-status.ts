import { kubeTime } from '../sim/timestamp.ts'
import type { Condition, Pod } from '../sim/types.ts'

/** Where a container stands. Times are Unix ms. */
export type ContainerPhase =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly startedAtMs: number }
  | {
      readonly kind: 'terminated'
      readonly exitCode: number
      readonly signal: number | null
      readonly reason: 'Completed' | 'Error' | 'OOMKilled'
      readonly startedAtMs: number
      readonly finishedAtMs: number
    }

/** What the kubelet knows of a pod's container. */
export interface ContainerView {
  readonly name: string
  readonly image: string
  readonly phase: ContainerPhase
  /** The end before the last restart. */
  readonly last: ContainerPhase | null
  readonly restartCount: number
  readonly started: boolean
  readonly ready: boolean
  readonly containerId: string | null
}

export interface PodPlaces {
  readonly podIP: string | null
  readonly hostIP: string
}

const stateOf = (phase: ContainerPhase): Record<string, unknown> => {
  switch (phase.kind) {
    case 'waiting':
      return {
        waiting: { reason: phase.reason, ...(phase.message !== undefined && { message: phase.message }) },
      }
    case 'running':
      return { running: { startedAt: kubeTime(phase.startedAtMs) } }
    case 'terminated':
      return {
        terminated: {
          exitCode: phase.exitCode,
          ...(phase.signal !== null && { signal: phase.signal }),
          reason: phase.reason,
          startedAt: kubeTime(phase.startedAtMs),
          finishedAt: kubeTime(phase.finishedAtMs),
        },
      }
  }
}

const phaseOf = (container: ContainerView, terminating: boolean): string => {
  const { phase } = container
  if (phase.kind === 'terminated' && terminating) return phase.exitCode === 0 ? 'Succeeded' : 'Failed'
  return phase.kind === 'waiting' && container.last === null ? 'Pending' : 'Running'
}

/** Puts the condition into the list; its transition time changes only with its status. */
const withCondition = (
  conditions: readonly Condition[],
  next: Condition,
  now: string,
): readonly Condition[] => {
  const old = conditions.find(({ type }) => type === next.type)
  const lastTransitionTime = old?.status === next.status ? (old.lastTransitionTime ?? now) : now
  const condition: Condition = { ...next, lastProbeTime: null, lastTransitionTime }
  return [...conditions.filter(({ type }) => type !== next.type), condition]
}

/**
 * The pod's status as its kubelet reports it at `nowMs` (Unix; stamps have whole seconds). Conditions that others
 * set, such as readiness gates, are kept and counted.
 */
export const podStatus = (
  pod: Pod,
  container: ContainerView,
  places: PodPlaces,
  nowMs: number,
): Record<string, unknown> => {
  const now = kubeTime(nowMs)
  const old = pod.status?.conditions ?? []
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const gates = pod.spec.readinessGates ?? []
  const open = gates.filter((gate) => old.find(({ type }) => type === gate.conditionType)?.status !== 'True')
  const unready = {
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${container.name}]`,
  }
  const gated = {
    reason: 'ReadinessGatesNotReady',
    message: open
      .map((gate) => `corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`)
      .join(', '),
  }
  const ready = container.ready && open.length === 0
  const wanted: readonly Condition[] = [
    { type: 'PodReadyToStartContainers', status: places.podIP === null ? 'False' : 'True' },
    { type: 'Initialized', status: 'True' },
    {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      ...(!container.ready ? unready : open.length > 0 ? gated : {}),
    },
    { type: 'ContainersReady', status: container.ready ? 'True' : 'False', ...(!container.ready && unready) },
    { type: 'PodScheduled', status: 'True' },
  ]
  const conditions = wanted.reduce((list, next) => withCondition(list, next, now), old)
  return {
    ...pod.status,
    phase: phaseOf(container, terminating),
    conditions,
    hostIP: places.hostIP,
    hostIPs: [{ ip: places.hostIP }],
    ...(places.podIP !== null && { podIP: places.podIP, podIPs: [{ ip: places.podIP }] }),
    startTime: (pod.status as { startTime?: string } | undefined)?.startTime ?? now,
    containerStatuses: [
      {
        name: container.name,
        image: container.image,
        imageID: container.containerId === null ? '' : container.image,
        ...(container.containerId !== null && { containerID: container.containerId }),
        state: stateOf(container.phase),
        lastState: container.last === null ? {} : stateOf(container.last),
        ready: container.ready,
        started: container.started,
        restartCount: container.restartCount,
      },
    ],
  }
}
