import { isProxyAnswer, isSlowRefusal, only, promptMs } from './ending-pods.ts'
import { breakdownOf, hadServed, youngPods } from './new-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** kubernetes/kubernetes#38355. */
export const c1: Rule = {
  id: 'C1',
  title: 'A new pod is Ready before it can serve: its readiness probe is missing or too shallow',
  fix: 'Give it a readiness probe that asks the app itself on the port that serves, and a startupProbe for slow starts.',
  group: 'cause',
  judge: (failure, world) => {
    const known = world.podOf(failure)
    const appError = failure.kind === 'status' && (failure.status ?? 0) >= 500 && failure.layer === 'app'
    const refused = failure.kind === 'connect-refused' && world.legOf(failure) !== 'l7'
    const proxied = isProxyAnswer(failure, world) && failure.status === 502 && !isSlowRefusal(failure, world)
    if (!refused && !proxied && !(appError && known !== null)) return null
    const young = youngPods(failure, world)
    if (young.length === 0)
      return ruledOut(
        known === null ? 'no new pod was in its first 30 s' : 'the pod was not a new one in its first 30 s',
      )
    if (young.every((line) => breakdownOf(failure, line) !== null))
      return ruledOut('the new pod had restarted (C8)')
    const facts = (lines: typeof young) => [
      failure.seq,
      ...lines.slice(0, 3).flatMap((line) => [line.created?.seq, line.started?.seq, line.ready?.seq]),
    ]
    if (appError) return suspects(0.75, facts(young), { pod: only(young) })
    const silent = young.filter((line) => !hadServed(failure, line, world))
    if (silent.length === 0) return ruledOut('every new pod had answered before, so it was listening')
    const probed = silent.every((line) => line.settings?.hasReadinessProbe === true)
    if (known !== null) return suspects(probed ? 0.85 : 0.95, facts(silent), { pod: only(silent) })
    // A refusal is passed on at once; what took as long as an answer does was something else.
    const slow = proxied && failure.ageMs > promptMs(world)
    return suspects(probed || slow ? 0.35 : proxied ? 0.6 : 0.7, facts(silent), { pod: only(silent) })
  },
}
