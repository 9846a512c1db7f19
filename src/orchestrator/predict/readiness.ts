import type { Prediction } from '../../model/prediction.ts'
import type { ContainerSpec, ProbeSpec } from '../../model/surroundings.ts'
import { listWords, type Predictor, programOf } from './predictor.ts'

const ALWAYS_TRUE = new Set(['true', ':', 'echo', 'pwd'])

/** A port of a probe or a Service → the container's port number, where it can be known. */
const portOf = (port: string, { ports }: ContainerSpec): string => {
  const named = ports.find(({ name }) => name === port)
  return named === undefined ? port : String(named.containerPort)
}

const looksAtNothing = ({ kind, command }: ProbeSpec): boolean =>
  kind === 'exec' &&
  (ALWAYS_TRUE.has(programOf(command)) ||
    /^(exit 0|true|:)$/.test((command.length > 2 ? (command.at(-1) ?? '') : '').trim()))

/** C1: a new pod is sent requests before it can answer them. */
export const predictReadiness: Predictor = ({ workload, services }) => {
  const { main, containers } = workload
  const found: Prediction[] = []
  const shared = { cause: 'C1', alsoCauses: ['C8', 'C2'] } as const
  const fix = 'add a readiness probe that asks the port and the path that requests come to'
  const probe = main.readinessProbe
  if (probe === null) {
    const others = containers.filter(({ readinessProbe }) => readinessProbe !== null)
    found.push({
      ...shared,
      id: 'no-readiness-probe',
      severity: 'high',
      title: 'No readiness probe: a new pod is sent requests before it listens',
      because: `container ${main.name} has no readinessProbe${others.length > 0 ? ` (only ${listWords(others.map(({ name }) => name))} has)` : ''}, so it counts as ready as soon as its process has started`,
      fix,
    })
  } else if (looksAtNothing(probe)) {
    found.push({
      ...shared,
      id: 'readiness-looks-at-nothing',
      severity: 'high',
      title: 'The readiness probe always says yes',
      because: `readinessProbe of container ${main.name} runs ${programOf(probe.command)}, which does not ask the app`,
      fix,
    })
  } else {
    const targets = new Set(
      (services ?? []).flatMap(({ targetPorts }) => targetPorts.map((port) => portOf(port, main))),
    )
    const asked = probe.port === null ? null : portOf(probe.port, main)
    if (asked !== null && targets.size > 0 && !targets.has(asked)) {
      found.push({
        ...shared,
        id: 'readiness-asks-another-port',
        severity: 'low',
        title: 'The readiness probe asks another port than the one that requests come to',
        because: `readinessProbe asks port ${asked}, the Service sends to ${listWords([...targets])}: the one can answer before the other listens`,
        fix,
      })
    }
  }
  for (const { name } of (services ?? []).filter((service) => service.publishNotReadyAddresses)) {
    found.push({
      ...shared,
      id: 'publishes-not-ready',
      severity: 'high',
      title: 'The Service sends requests to pods that are not ready',
      because: `Service ${name} has publishNotReadyAddresses: true, so readiness decides nothing`,
      fix: 'publishNotReadyAddresses is for peers that find each other by DNS: give clients a Service without it',
    })
  }
  return found
}
