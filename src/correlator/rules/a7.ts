import type { FailureCase } from '../failure-case.ts'
import type { World } from '../world.ts'
import { endingFacts, only, routedUntilMs } from './ending-pods.ts'
import { cutAgeOf, exitingPods, hadStoppedAnswering, isCut, killedPods } from './exiting-pods.ts'
import { type Rule, ruledOut, SLACK_MS, suspects } from './rule.ts'

/** So many connections that fail at one instant did not race one by one; a fifth of those that a pod holds. */
const FEWEST = 4
const SHARE = 0.2

export const diedTogether = (failure: FailureCase, world: World): boolean => {
  const { load } = world.info.scenario
  const pods = Math.max(1, world.info.cluster?.deployment.replicas ?? world.rows.answeringPods.length)
  const held = (load.model === 'closed' ? load.vus : 0) / pods
  return (world.burstOf(failure)?.connections ?? 0) >= Math.max(FEWEST, SHARE * held)
}

export const a7: Rule = {
  id: 'A7',
  title: 'Kept-alive connections stay pinned to the pod, and all die when it exits',
  fix: 'Drain with `Connection: close` (HTTP/2: GOAWAY) after SIGTERM, or limit the age of connections: on an L4 path they never leave by themselves.',
  group: 'cause',
  judge: (failure, world) => {
    const leg = world.legOf(failure)
    if (leg === 'l7' || failure.fresh) return null
    const known = world.podOf(failure)
    if (failure.kind === 'timeout' && failure.firstByteMs === null) {
      // The pod is gone without a word on this connection: packets go into the void.
      const line = known?.line
      if (line === undefined || line.exit === null) return null
      if (failure.startMs < line.exit.earliest - SLACK_MS)
        return ruledOut('the pod had not exited when the request began')
      if (failure.startMs > routedUntilMs(line).atMost + 120_000) return null
      return suspects(0.7, [failure.seq, ...endingFacts([line])], { pod: line, mechanism: 'B9' })
    }
    if (!isCut(failure, world)) return null
    const pods = exitingPods(failure, world)
    if (pods.length === 0) return ruledOut('no pod exited when the connection closed')
    if (killedPods(failure, world).length === pods.length)
      return ruledOut('the process was killed (137) at the end of its grace')
    const stopped = hadStoppedAnswering(failure, world)
    if (!stopped && cutAgeOf(failure, pods[0], world) === 'in-flight')
      return ruledOut('the request had been with the app for longer than a round trip')
    if (!stopped && !diedTogether(failure, world)) return ruledOut('few connections closed at that instant')
    return suspects(known === null ? 0.75 : 0.9, [failure.seq, ...endingFacts(pods)], { pod: only(pods) })
  },
}
