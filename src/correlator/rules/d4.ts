import type { FailureCase } from '../failure-case.ts'
import type { PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'
import { endingFacts, isProxyAnswer, only } from './ending-pods.ts'
import { cutAgeOf, exitingPods } from './exiting-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'
import { writesOnly } from './writes-only.ts'

const mechanismOf = (failure: FailureCase, line: PodLine | undefined, world: World): string =>
  cutAgeOf(failure, line, world) === 'in-flight' ? 'A16' : 'A6'

/** data-fair/data-fair#473; nginx, proxy_next_upstream: non_idempotent. */
export const d4: Rule = {
  id: 'D4',
  title: 'The proxy hides what it may repeat, and exposes the writes that it may not',
  fix: 'Drain the pod correctly, so that nothing needs to be repeated; a retry policy cannot cover POST, LOCK and PATCH.',
  group: 'cause',
  judge: (failure, world) => {
    if (!isProxyAnswer(failure, world) || failure.status !== 502) return null
    const split = writesOnly(world)
    if (!split.isWrite(failure.method)) return ruledOut(`${failure.method || 'the method'} may be repeated`)
    if (!split.proven) return ruledOut(split.because)
    const pods = exitingPods(failure, world)
    if (pods.length === 0) return ruledOut('no pod exited when the request failed')
    return suspects(0.96, [failure.seq, ...endingFacts(pods)], {
      pod: only(pods),
      mechanism: mechanismOf(failure, pods[0], world),
    })
  },
}
