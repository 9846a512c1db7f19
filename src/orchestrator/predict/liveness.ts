import type { PodSnapshot } from '../../model/cluster.ts'
import type { Prediction } from '../../model/prediction.ts'
import type { Surroundings } from '../../model/surroundings.ts'
import type { Hints, Predictor } from './predictor.ts'

/** A start may take this many times as long on a busy node. */
const START_HEADROOM = 2

/** Start of the container until Ready, s, at a grain of 1 s; of pods that never restarted and are ready. */
const startSeconds = (pods: readonly PodSnapshot[]): number | null => {
  const taken = pods.flatMap(({ ready, readyChangedAtMs, containers }) => {
    const [first] = containers
    if (!ready || readyChangedAtMs === null || first?.startedAtMs == null || first.restartCount > 0) return []
    return [Math.max(0, readyChangedAtMs - first.startedAtMs) / 1000]
  })
  // The quickest: a pod that became not ready and ready again later would look slow.
  return taken.length === 0 ? null : Math.min(...taken)
}

/** E6: the liveness probe restarts a container that is slow, or not up yet. */
export const predictLiveness: Predictor = (around, hints) => [
  ...tooTight(around, hints),
  ...noTimeToStart(around),
]

const tooTight = ({ workload, events }: Surroundings, { slowestAnswerSeconds }: Hints): Prediction[] => {
  const { livenessProbe: probe, name } = workload.main
  if (probe === null) return []
  const failed = (events ?? []).filter(
    ({ reason, message }) => reason === 'Unhealthy' && message.startsWith('Liveness probe failed'),
  )
  const slower = slowestAnswerSeconds !== null && slowestAnswerSeconds >= probe.timeoutSeconds
  const once = probe.failureThreshold === 1 && probe.timeoutSeconds <= 1
  if (!slower && !once && failed.length === 0) return []
  const because = [
    `livenessProbe of container ${name}: timeoutSeconds ${probe.timeoutSeconds}, failureThreshold ${probe.failureThreshold}`,
    ...(slower ? [`the slowest answer takes ${slowestAnswerSeconds} s`] : []),
    ...(once ? ['one answer slower than 1 s restarts the container'] : []),
    ...(failed.length > 0
      ? [`${failed.reduce((sum, { count }) => sum + count, 0)} failed liveness probes in its pods' Events`]
      : []),
  ]
  return [
    {
      id: 'liveness-too-tight',
      cause: 'E6',
      alsoCauses: ['C8'],
      severity: once && slower ? 'high' : 'medium',
      title: 'The liveness probe restarts a container that is only slow',
      because: because.join('; '),
      fix: 'set timeoutSeconds above the slowest answer under load and failureThreshold to 3 or more; a liveness probe should ask nothing but whether the process is stuck',
    },
  ]
}

const noTimeToStart = ({ workload, pods }: Surroundings): Prediction[] => {
  const { livenessProbe: probe, startupProbe, readinessProbe, name } = workload.main
  if (probe === null || startupProbe !== null) return []
  const budget = probe.initialDelaySeconds + probe.periodSeconds * probe.failureThreshold
  const measured = startSeconds(pods ?? [])
  const declared = readinessProbe?.initialDelaySeconds ?? 0
  const start = Math.max(measured ?? 0, declared)
  if (start < 1 || start * START_HEADROOM <= budget) return []
  const source =
    declared >= (measured ?? 0)
      ? `readinessProbe.initialDelaySeconds is ${declared}`
      : `the running pods took ${measured} s from start to Ready`
  return [
    {
      id: 'no-startup-probe',
      cause: 'E6',
      alsoCauses: ['C8'],
      severity: start >= budget ? 'high' : 'medium',
      title: 'No startupProbe: a slow start is ended by the liveness probe',
      because: `container ${name} has no startupProbe; ${source}, and livenessProbe restarts it ${budget} s after its start (initialDelaySeconds ${probe.initialDelaySeconds} + ${probe.periodSeconds} × ${probe.failureThreshold})`,
      fix: 'add a startupProbe with failureThreshold × periodSeconds above the slowest start; liveness then begins after it',
    },
  ]
}
