import { diedTogether } from './a7.ts'
import { endingFacts, isProxyAnswer, only } from './ending-pods.ts'
import { closingPods, cutAgeOf, isCut, killedPods } from './exiting-pods.ts'
import { isQuiet, QUIET } from './quiet-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** nodejs/node#52649, nodejs/help#3701. */
export const a6: Rule = {
  id: 'A6',
  title: 'The ending pod closes an idle kept-alive connection while a request is on its way',
  fix: 'Answer `Connection: close` while draining, so that clients leave the connection, and close idle ones late.',
  group: 'cause',
  judge: (failure, world) => {
    if (!isCut(failure, world)) return null
    const proxied = isProxyAnswer(failure, world)
    if (failure.fresh && !proxied) return ruledOut('the connection was new, so it had not been idle')
    const closing = closingPods(failure, world)
    if (closing.length === 0)
      return ruledOut('no pod was between SIGTERM and its exit when the connection closed')
    const pods = proxied ? closing.filter((line) => !isQuiet(failure, line, world)) : closing
    if (pods.length === 0) return ruledOut(QUIET)
    if (killedPods(failure, world).length === pods.length)
      return ruledOut('the process was killed (137) at the end of its grace')
    const age = cutAgeOf(failure, pods[0], world)
    if (age === 'in-flight') return ruledOut('the request had been with the app for longer than a round trip')
    if (!proxied && diedTogether(failure, world)) return ruledOut('many connections closed at one instant')
    const known = world.podOf(failure) !== null
    const base = proxied ? 0.55 : known ? 0.85 : 0.7
    return suspects(age === 'unclear' && !proxied ? base - 0.15 : base, [failure.seq, ...endingFacts(pods)], {
      pod: only(pods),
    })
  },
}
