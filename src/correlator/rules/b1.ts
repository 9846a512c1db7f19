import { endingFacts, endingPods, only, routedUntilMs } from './ending-pods.ts'
import { lagIsProven, recentPods } from './proven-lag.ts'
import { type Rule, ruledOut, SLACK_MS, suspects } from './rule.ts'

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
    if (leg === 'l7' || (!void_ && failure.kind !== 'connect-refused')) return null
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
