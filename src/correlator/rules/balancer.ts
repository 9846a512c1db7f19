import { readyAt } from '../endpoint-counts.ts'
import type { FailureCase } from '../failure-case.ts'
import type { PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'
import { endingPods, isProxyAnswer } from './ending-pods.ts'
import { cutAgeOf } from './exiting-pods.ts'
import { hadServed, youngPods } from './new-pods.ts'
import { type Judgement, ruledOut, suspects } from './rule.ts'

/** Registration and the first health checks of a target may take this long (30 s × thresholds, and propagation). */
const REGISTRATION_MS = 120_000

/** AWS Load Balancer Controller, "Pod readiness gate". */
const GATE = 'target-health.elbv2.k8s.aws/'

const hasGate = (line: PodLine): boolean =>
  (line.settings?.readinessGates ?? []).some((gate) => gate.startsWith(GATE))

/**
 * Kubernetes is content with the new pods, and the load balancer has none that it found healthy: it answers 503
 * without a target in service, or tries pods that it did not find healthy (AWS, "Troubleshoot your Application Load
 * Balancers", HTTP 503; "Health checks …", fail open).
 * @param wanted whether the new pods have the load balancer's readiness gate
 */
export const judgeUnknownTargets = (
  failure: FailureCase,
  world: World,
  wanted: 'gate' | 'no gate',
): Judgement | null => {
  if (failure.layer !== 'load-balancer' || !isProxyAnswer(failure, world)) return null
  if (failure.status === 502 && cutAgeOf(failure, undefined, world) === 'in-flight')
    return ruledOut('the request was being worked on')
  if (world.targets === 'nodes')
    return ruledOut('the targets of the load balancer are nodes, which a rollout does not replace')
  const ready = readyAt(world.timeline, failure.startMs)
  if (ready === null) return ruledOut('endpoints were not watched')
  if (ready.possible === 0) return ruledOut('no pod was ready')
  const young = youngPods(failure, world, REGISTRATION_MS).filter((line) => line.madeBy !== null)
  if (young.length === 0) return ruledOut('no new pod was in its first two minutes')
  const empty = failure.status === 503
  // With an older pod still there, or one that had answered, the load balancer had a target that it knew.
  const known = ready.certain - young.filter((line) => !hadServed(failure, line, world)).length
  if (!empty && known > 0) return ruledOut('the load balancer had targets that had answered before')
  const gated = young.every(hasGate)
  if (gated !== (wanted === 'gate'))
    return ruledOut(
      gated
        ? 'the new pods have the readiness gate'
        : 'the new pods have no readiness gate of the load balancer',
    )
  const facts = young.slice(0, 3).flatMap((line) => [line.created?.seq, line.ready?.seq])
  // Pods that stopped listening may still be sent to: that explains 502 and 504 better than ready pods that fail.
  const ended = endingPods(failure, world).some(
    ({ sigterm }) => sigterm !== null && sigterm.earliest <= failure.endMs,
  )
  return suspects(empty ? 0.9 : ended ? 0.44 : 0.75, [failure.seq, ...facts])
}
