import type { CauseId } from '../../model/finding.ts'
import type { FailureCase } from '../failure-case.ts'
import type { PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'
import { endingFacts, only } from './ending-pods.ts'
import { exitingPods, killedPods } from './exiting-pods.ts'
import { sigtermEffect } from './killed-at-grace.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** What ended the process in mid-answer. */
const rootOf = (failure: FailureCase, pods: readonly PodLine[], world: World): CauseId => {
  const killed = killedPods(failure, world).find((line) => pods.includes(line))
  if (killed === undefined) return 'A16'
  const effect = sigtermEffect(failure, killed, world)
  return effect.workedToTheEnd && !effect.hookFillsGrace ? 'A3' : 'A4'
}

export const a9: Rule = {
  id: 'A9',
  title: 'An answer is cut in the middle of its body when the pod exits',
  fix: 'Let the app finish what it has begun: graceful shutdown with a drain timeout, and a grace period above preStop + that timeout. Clients must check bodies.',
  group: 'cause',
  judge: (failure, world) => {
    if (failure.kind !== 'truncated') return null
    const pods = exitingPods(failure, world)
    if (pods.length === 0) return ruledOut('no pod exited when the answer was cut')
    return suspects(world.podOf(failure) === null ? 0.7 : 0.9, [failure.seq, ...endingFacts(pods)], {
      pod: only(pods),
      mechanism: rootOf(failure, pods, world),
    })
  },
}
