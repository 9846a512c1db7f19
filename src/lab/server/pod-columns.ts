import { conditionOf } from '../sim/pod-state.ts'
import { fromKubeTime } from '../sim/timestamp.ts'
import type { ContainerStatus, Pod } from '../sim/types.ts'
import { humanDuration } from './age.ts'

const endReason = ({ state }: ContainerStatus): string | null => {
  if (state?.waiting?.reason) return state.waiting.reason
  const ended = state?.terminated
  if (ended === undefined) return null
  if (ended.reason) return ended.reason
  return (ended.signal ?? 0) !== 0 ? `Signal:${ended.signal}` : `ExitCode:${ended.exitCode}`
}

/** The STATUS column: the phase, or why a container waits or how it ended, or Terminating (printPod). */
export const podStatusText = (pod: Pod): string => {
  const phase = pod.status?.reason ?? pod.status?.phase ?? 'Pending'
  const statuses = pod.status?.containerStatuses ?? []
  const reason = statuses.reduce((text, status) => endReason(status) ?? text, phase)
  const running = statuses.some(({ ready, state }) => ready && state?.running !== undefined)
  const ready = conditionOf(pod.status?.conditions, 'Ready')?.status === 'True'
  const text = reason === 'Completed' && running ? (ready ? 'Running' : 'NotReady') : reason
  const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
  return pod.metadata.deletionTimestamp !== undefined && !finished ? 'Terminating' : text
}

/** The READY column: ready containers of all. */
export const podReadyText = (pod: Pod): string => {
  const ready = (pod.status?.containerStatuses ?? []).filter(
    (status) => status.ready && status.state?.running !== undefined,
  )
  return `${ready.length}/${pod.spec.containers.length}`
}

/** The RESTARTS column: how often, and how long ago the last time. */
export const podRestartsText = (pod: Pod, nowEpochMs: number): string => {
  const statuses = pod.status?.containerStatuses ?? []
  const restarts = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0)
  const ends = statuses.map(({ lastState }) => fromKubeTime(lastState?.terminated?.finishedAt) ?? 0)
  const last = Math.max(0, ...ends)
  return restarts === 0 || last === 0
    ? String(restarts)
    : `${restarts} (${humanDuration(nowEpochMs - last)} ago)`
}

/** The READINESS GATES column: fulfilled gates of all. */
export const podGatesText = (pod: Pod): string => {
  const gates = pod.spec.readinessGates ?? []
  const fulfilled = gates.filter(
    ({ conditionType }) => conditionOf(pod.status?.conditions, conditionType)?.status === 'True',
  )
  return gates.length === 0 ? '<none>' : `${fulfilled.length}/${gates.length}`
}
