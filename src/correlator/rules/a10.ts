import { overlaps } from '../interval.ts'
import { endingFacts, endingPods, exposureOf, only } from './ending-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** dotCMS/core#33095 proposes just that. */
export const a10: Rule = {
  id: 'A10',
  title: 'The app answers 503 while it is shutting down',
  fix: 'Keep serving during the drain; fail only the readiness probe. Answer 503 with `Connection: close` only behind a load balancer that retries.',
  group: 'cause',
  judge: (failure, world) => {
    if (failure.kind !== 'status' || failure.status !== 503) return null
    const known = world.podOf(failure)
    if (failure.layer !== 'app' && known === null)
      return ruledOut('nothing shows that the app itself answered')
    const pods = endingPods(failure, world).filter(
      (line) =>
        line.sigterm !== null &&
        line.gone !== null &&
        overlaps(exposureOf(failure), { earliest: line.sigterm.earliest, latest: line.gone.latest }),
    )
    if (pods.length === 0) return ruledOut('the pod that answered was not shutting down')
    return suspects(known === null ? 0.65 : 0.9, [failure.seq, ...endingFacts(pods)], { pod: only(pods) })
  },
}
