import { AFTERMATH_MS } from '../../model/aftermath.ts'
import type { FailureCase } from '../failure-case.ts'
import type { World } from '../world.ts'
import { endingFacts } from './ending-pods.ts'
import { type Rule, ruledOut, SLACK_MS, suspects } from './rule.ts'

/** In the time in which entries of the study's block before may live: whose ports and pods are not known here. */
const isShadowed = ({ startMs }: FailureCase, { info }: World): boolean => {
  const sinceMs = info.study?.sinceLoadMs ?? null
  return sinceMs !== null && startMs + sinceMs < AFTERMATH_MS
}

/** kubernetes/kubernetes#101607, #104098, #118814; bottlerocket-os#4809. */
export const b8: Rule = {
  id: 'B8',
  title: 'A stale conntrack entry still leads this local port to a pod that is gone',
  fix: "Widen the client's range of local ports, keep connections alive, and update kube-proxy and the kernel; entries live up to 120 s.",
  group: 'cause',
  judge: (failure, world) => {
    if (failure.kind !== 'connect-timeout' || world.legOf(failure) === 'l7') return null
    if (world.path.direct) return ruledOut('connections go to pod addresses, so no address is translated')
    if (failure.localPort === null) return ruledOut('the local port is not known')
    const line = world.ports.lastPod(failure.localPort, failure.startMs)
    const gone = line?.gone ?? null
    if (line === null && failure.twin?.outcome === 'ok' && isShadowed(failure, world))
      return suspects(0.5, [failure.seq, failure.twin.seq])
    if (line === null || gone === null || failure.startMs < gone.earliest - SLACK_MS)
      return ruledOut('this local port had not been used with a pod that is gone')
    if (failure.startMs > gone.latest + AFTERMATH_MS) return ruledOut('that pod was gone for more than 120 s')
    if (failure.twin !== null && failure.twin.outcome !== 'ok')
      return ruledOut('another local port fared no better at the same time')
    return suspects(failure.twin === null ? 0.6 : 0.85, [
      failure.seq,
      failure.twin?.seq,
      ...endingFacts([line]),
    ])
  },
}
