import { endingFacts, endingPods, only, routedUntilMs } from './ending-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** kubernetes/kubernetes#74294: kube-proxy's own latency metric ignores deletions. */
export const b1: Rule = {
  id: 'B1',
  title: 'kube-proxy learns too late that the pod is gone',
  fix: 'Make preStop longer than the lag that was measured, and look at kube-proxy on the node that lags (minSyncPeriod, load, version).',
  group: 'cause',
  judge: (failure, world) => {
    const leg = world.legOf(failure)
    const void_ = failure.kind === 'connect-timeout' || failure.kind === 'connect-unreachable'
    const known = world.podOf(failure)
    if (leg === 'l7' || (!void_ && !(failure.kind === 'connect-refused' && known?.by === 'address')))
      return null
    const late = endingPods(failure, world).filter((line) => failure.startMs > routedUntilMs(line, 'l4'))
    if (late.length === 0)
      return ruledOut('the attempt began within the time that a removal normally takes to spread')
    if (!void_ && late.some((line) => failure.startMs <= (line.gone?.latest ?? 0)))
      return ruledOut('the pod was still there and refused: its listener closed before its routes were gone')
    return suspects(known === null ? 0.5 : 0.9, [failure.seq, failure.twin?.seq, ...endingFacts(late)], {
      pod: known === null ? null : only(late),
      mechanism: void_ ? 'B9' : null,
    })
  },
}
