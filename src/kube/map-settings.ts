import type { PodSettings, PreStop } from '../model/cluster.ts'
import { probeOf } from './map-probe.ts'
import { arrayAt, isObject, type Json, numberAt, objectAt, textAt, wordsAt } from './parse.ts'

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash', 'zsh', 'ksh'])
const UNIT_SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }
const DEFAULT_GRACE_SECONDS = 30

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** `sleep N` → seconds, as coreutils reads it (suffixes s, m, h, d); `null` for anything else. */
const sleepSecondsOf = (words: readonly string[]): number | null => {
  const [program, amount, ...rest] = words
  if (program === undefined || baseName(program) !== 'sleep' || amount === undefined || rest.length > 0)
    return null
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(amount)
  const unit = UNIT_SECONDS[match?.[2] ?? '?']
  return match === null || unit === undefined ? null : Number(match[1]) * unit
}

/** The line a shell is to run: `['sh', '-c', LINE]`, `['bash', '-ec', LINE]`; `null` when it is no such command. */
export const shellLineOf = (command: readonly string[]): string | null => {
  const [program, ...rest] = command
  if (program === undefined || !SHELLS.has(baseName(program))) return null
  const at = rest.findIndex((word) => /^-[a-z]*c[a-z]*$/.test(word))
  return at < 0 ? null : (rest[at + 1] ?? null)
}

/** How long a preStop command sleeps, when a plain sleep is all that it does. */
export const execSeconds = (command: readonly string[]): number | null => {
  const line = shellLineOf(command)
  return sleepSecondsOf(line === null ? command : line.trim().replace(/;$/, '').trim().split(/\s+/))
}

/**
 * Whether a shell stays process 1 of the container and so is the one to get SIGTERM: the command is a shell line
 * that does not end in `exec`. What an image's own entry point does cannot be seen from the pod.
 */
export const isShellPid1 = (command: readonly string[], args: readonly string[]): boolean => {
  const line = shellLineOf([...command, ...args])
  return line !== null && !/(^|[;&|\n]\s*|\bthen\s+|\bdo\s+)exec\s/.test(line.trim())
}

const preStopOf = (container: Json): PreStop => {
  const hook = objectAt(objectAt(container, 'lifecycle'), 'preStop')
  if (isObject(hook.sleep)) return { kind: 'sleep', seconds: numberAt(hook.sleep, 'seconds') ?? 0 }
  if (isObject(hook.exec)) {
    const command = wordsAt(hook.exec, 'command')
    return { kind: 'exec', command, seconds: execSeconds(command) }
  }
  if (isObject(hook.httpGet)) return { kind: 'http', path: textAt(hook.httpGet, 'path') ?? '/' }
  return { kind: 'none' }
}

/** The main container: the one named by kubectl's default-container annotation, else the first. */
export const mainContainerOf = (
  podSpec: unknown,
  annotations: Readonly<Partial<Record<string, string>>> = {},
): Json => {
  const containers = arrayAt(podSpec, 'containers').filter(isObject)
  const named = annotations['kubectl.kubernetes.io/default-container']
  return containers.find((container) => container.name === named) ?? containers[0] ?? {}
}

const livenessOf = (container: Json): Pick<PodSettings, 'liveness'> => {
  const probe = probeOf(container, 'livenessProbe')
  if (probe === null) return {}
  const { timeoutSeconds, periodSeconds, failureThreshold } = probe
  return { liveness: { timeoutSeconds, periodSeconds, failureThreshold } }
}

/**
 * The settings in a PodSpec. Probes count when any container has one (a pod is ready when all containers are);
 * preStop and command are those of the {@link mainContainerOf main container}.
 */
export const settingsOf = (
  podSpec: unknown,
  annotations: Readonly<Partial<Record<string, string>>> = {},
): PodSettings => {
  const containers = arrayAt(podSpec, 'containers').filter(isObject)
  const main = mainContainerOf(podSpec, annotations)
  const has = (probe: string): boolean => containers.some((container) => isObject(container[probe]))
  const sharesProcesses = isObject(podSpec) && podSpec.shareProcessNamespace === true
  return {
    gracePeriodSeconds: numberAt(podSpec, 'terminationGracePeriodSeconds') ?? DEFAULT_GRACE_SECONDS,
    preStop: preStopOf(main),
    hasReadinessProbe: has('readinessProbe'),
    hasStartupProbe: has('startupProbe'),
    hasLivenessProbe: has('livenessProbe'),
    ...livenessOf(main),
    shellIsPid1: !sharesProcesses && isShellPid1(wordsAt(main, 'command'), wordsAt(main, 'args')),
    readinessGates: arrayAt(podSpec, 'readinessGates')
      .map((gate) => textAt(gate, 'conditionType'))
      .filter((type) => type !== null),
  }
}
