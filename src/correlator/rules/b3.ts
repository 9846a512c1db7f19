import { AFTERMATH_MS } from '../../model/aftermath.ts'
import {
  endingFacts,
  endingPods,
  isProxyAnswer,
  isSlowRefusal,
  routedUntilMs,
  viaBalancer,
  viaNodes,
} from './ending-pods.ts'
import { lagIsProven, recentPods } from './proven-lag.ts'
import { type Rule, ruledOut, SLACK_MS, suspects } from './rule.ts'

/** ingress-nginx#3335, envoyproxy/gateway#5326, #6198. */
export const b3: Rule = {
  id: 'B3',
  title: 'The ingress or gateway learns too late that the pod is gone',
  fix: 'Make preStop longer than the lag that was measured; route to the Service address, lower maxSurge, or upgrade the controller.',
  group: 'cause',
  judge: (failure, world) => {
    if (world.legOf(failure) !== 'l7') return null
    const silent = failure.kind === 'timeout' && failure.firstByteMs === null
    if (!silent && !(isProxyAnswer(failure, world) && failure.status !== 503)) return null
    if (viaNodes(failure, world))
      return ruledOut('behind the load balancer it is kube-proxy that learns of pods (B1)')
    if (viaBalancer(failure, world)) return ruledOut('a load balancer of a cloud always learns late (B4)')
    const late = endingPods(failure, world).filter(
      (line) =>
        line.exit !== null &&
        failure.startMs > routedUntilMs(line).surely &&
        failure.startMs >= line.exit.earliest - SLACK_MS &&
        failure.startMs <= (line.gone?.latest ?? 0) + AFTERMATH_MS,
    )
    if (late.length === 0)
      return ruledOut('the request began within the time that a removal normally takes to spread')
    const intoVoid = silent || failure.status === 504 || isSlowRefusal(failure, world)
    if (!intoVoid && late.every((line) => failure.startMs > (line.gone?.latest ?? 0) + SLACK_MS))
      return ruledOut('the pod was gone, and what is gone does not refuse at once')
    // A pod that ended just now explains it without any excess of lag, unless other failures prove that there is one.
    const doubtful = recentPods(failure, world).length > 0 && !lagIsProven(failure, late, world)
    const likelihood = (intoVoid ? 0.65 : 0.6) - (doubtful ? 0.25 : 0)
    return suspects(likelihood, [failure.seq, ...endingFacts(late.slice(-3))], {
      mechanism: intoVoid ? 'B9' : null,
    })
  },
}
