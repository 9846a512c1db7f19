import { endingFacts, only } from './ending-pods.ts'
import { killedPods } from './exiting-pods.ts'
import { isEndedByKill, sigtermEffect } from './killed-at-grace.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

export const a4: Rule = {
  id: 'A4',
  title: 'The grace period is too short: preStop and drain take longer than terminationGracePeriodSeconds',
  fix: 'Set terminationGracePeriodSeconds above preStop + the longest request + a margin; the grace period includes the preStop hook.',
  group: 'cause',
  judge: (failure, world) => {
    if (!isEndedByKill(failure, world)) return null
    const pods = killedPods(failure, world)
    const line = pods[0]
    if (line === undefined)
      return ruledOut('no pod was killed (exit code 137) at the end of its grace at that moment')
    const effect = sigtermEffect(failure, line, world)
    const facts = [failure.seq, ...endingFacts(pods)]
    const more = { pod: only(pods) }
    if (effect.hookFillsGrace) return suspects(0.9, facts, more)
    if (effect.workedToTheEnd)
      return ruledOut('the pod took new work until it was killed: SIGTERM had no effect')
    if (effect.workedForAWhile) return suspects(effect.closedListener ? 0.85 : 0.7, facts, more)
    return suspects(line.exited === null ? 0.6 : 0.85, facts, more)
  },
}
