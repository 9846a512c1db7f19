import { endingFacts, only } from './ending-pods.ts'
import { killedPods } from './exiting-pods.ts'
import { isEndedByKill, sigtermEffect } from './killed-at-grace.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

export const a3: Rule = {
  id: 'A3',
  title: 'SIGTERM does not reach the app or is ignored, so it is killed at the end of its grace',
  fix: 'Start the app in exec form or under an init such as tini so that it is PID 1, and handle SIGTERM (or set STOPSIGNAL).',
  group: 'cause',
  judge: (failure, world) => {
    if (!isEndedByKill(failure, world)) return null
    const pods = killedPods(failure, world)
    const line = pods[0]
    if (line === undefined)
      return ruledOut('no pod was killed (exit code 137) at the end of its grace at that moment')
    const effect = sigtermEffect(failure, line, world)
    if (effect.hookFillsGrace) return ruledOut('the preStop hook alone takes the whole grace period')
    if (effect.closedListener)
      return ruledOut('the pod had closed its listener after SIGTERM, so the app had heard it')
    const known = world.podOf(failure) !== null
    const facts = [failure.seq, ...endingFacts(pods)]
    const more = { pod: only(pods) }
    if (effect.workedToTheEnd) return suspects(known ? 0.9 : 0.8, facts, more)
    if (effect.workedForAWhile) return suspects(0.7, facts, more)
    if (line.settings?.shellIsPid1 === true) return suspects(0.75, facts, more)
    return ruledOut('the pod took no new work after SIGTERM')
  },
}
