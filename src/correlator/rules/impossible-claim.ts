import type { FailureCase } from '../failure-case.ts'
import type { ClaimProblem } from '../pod-line.ts'
import type { World } from '../world.ts'
import { endingPods } from './ending-pods.ts'
import { type Judgement, suspects } from './rule.ts'

/**
 * Holds when the only pods that could be behind the failure claim a start of their termination that lies after we
 * learned of it, and the failure falls into the time that is left open by that. `null` otherwise.
 */
export const judgeImpossibleClaim = (
  failure: FailureCase,
  world: World,
  problem: ClaimProblem,
): Judgement | null => {
  const pods = endingPods(failure, world)
  if (pods.length === 0) return null
  const open = pods.filter(
    (line) =>
      line.claimProblem !== null &&
      line.terminating !== null &&
      failure.startMs < line.terminating.receivedAtMs,
  )
  if (open.length < pods.length || open[0]?.claimProblem !== problem) return null
  return suspects(0.8, [failure.seq, ...open.slice(0, 3).map((line) => line.terminating?.seq)])
}
