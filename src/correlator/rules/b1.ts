import type { FailureCase } from '../failure-case.ts'
import type { World } from '../world.ts'
import {
  endingFacts,
  endingPods,
  isProxyAnswer,
  isSlowRefusal,
  only,
  routedUntilMs,
  viaNodes,
} from './ending-pods.ts'
import { cutAgeOf } from './exiting-pods.ts'
import { lagIsProven, recentPods } from './proven-lag.ts'
import { type Rule, ruledOut, SLACK_MS, suspects } from './rule.ts'

/** What a route to a pod that is gone does to a connect: ours, or that of a load balancer to a port of a node. */
const symptomOf = (failure: FailureCase, world: World): 'refused' | 'void' | null => {
  if (world.legOf(failure) !== 'l7') {
    if (failure.kind === 'connect-refused') return 'refused'
    return failure.kind === 'connect-timeout' || failure.kind === 'connect-unreachable' ? 'void' : null
  }
  if (!viaNodes(failure, world)) return null
  if (failure.kind === 'timeout' && failure.firstByteMs === null) return 'void'
  if (!isProxyAnswer(failure, world) || failure.status === 503) return null
  return failure.status === 504 || isSlowRefusal(failure, world) ? 'void' : 'refused'
}

/** kubernetes/kubernetes#74294: kube-proxy's own latency metric ignores deletions. */
export const b1: Rule = {
  id: 'B1',
  title: 'kube-proxy learns too late that the pod is gone',
  fix: 'Make preStop longer than the lag that was measured, and look at kube-proxy on the node that lags (minSyncPeriod, load, version).',
  group: 'cause',
  judge: (failure, world) => {
    const symptom = symptomOf(failure, world)
    if (symptom === null) return null
    const void_ = symptom === 'void'
    const known = world.podOf(failure)
    if (!void_ && viaNodes(failure, world) && cutAgeOf(failure, undefined, world) === 'in-flight')
      return ruledOut('the request was being worked on')
    const late = endingPods(failure, world).filter(
      (line) =>
        failure.startMs > routedUntilMs(line).surely &&
        // What refuses has heard SIGTERM; what times out has exited.
        failure.endMs >=
          ((void_ ? line.exit : line.sigterm)?.earliest ?? Number.POSITIVE_INFINITY) - SLACK_MS,
    )
    if (late.length === 0)
      return ruledOut('the attempt began within the time that a removal normally takes to spread')
    if (!void_ && late.every((line) => failure.startMs > (line.gone?.latest ?? 0) + SLACK_MS))
      return ruledOut('the pod was gone, and what is gone does not refuse')
    const exact = known !== null && late.every((line) => failure.startMs > routedUntilMs(line).atMost)
    const rivalled =
      known === null && recentPods(failure, world).length > 0 && lagIsProven(failure, late, world)
    return suspects(
      exact ? 0.9 : rivalled ? 0.65 : 0.55,
      [failure.seq, failure.twin?.seq, ...endingFacts(late)],
      {
        pod: known === null ? null : only(late),
        mechanism: void_ ? 'B9' : null,
      },
    )
  },
}
