import type { RunInfo } from '../model/run-info.ts'
import type { PodIndex } from './pod-index.ts'
import type { Timeline } from './timeline.ts'

/**
 * What a load balancer of a cloud has as targets. `pods`: it learns of pods by itself, late (B4). `nodes`: it knows no
 * pods; each of its new connections goes where kube-proxy of a node leads, and stays there.
 */
export type BalancerTargets = 'pods' | 'nodes'

/** AWS Load Balancer Controller, "Pod readiness gate": with targets of type ip only. */
const GATE = 'target-health.elbv2.k8s.aws/'

/** Predictions that were made of an Ingress or Service whose targets are nodes, and pods (orchestrator/predict). */
const OF_NODES = new Set(['alb-target-type-instance'])
const OF_PODS = new Set(['no-readiness-gate', 'readiness-gate-not-injected'])

/**
 * The targets: by what the load balancer itself told of them (`target.state`), by the readiness gates of pods, or by
 * what was read of the Ingress before the run. `null` = nothing tells, or both kinds are there.
 */
export const balancerTargets = (
  info: RunInfo,
  timeline: Timeline,
  index: PodIndex,
): BalancerTargets | null => {
  const told = timeline.events.flatMap((event) => (event.type === 'target.state' ? event.target : []))
  if (told.length > 0) return told.some((target) => index.isPodAddress(target)) ? 'pods' : 'nodes'
  if (timeline.pods.some(({ settings }) => settings?.readinessGates.some((gate) => gate.startsWith(GATE))))
    return 'pods'
  const predictions = info.cluster?.predictions ?? []
  const nodes = predictions.some(({ id }) => OF_NODES.has(id))
  const pods = predictions.some(({ id }) => OF_PODS.has(id))
  return nodes === pods ? null : nodes ? 'nodes' : 'pods'
}
