import type { FailureCase } from '../failure-case.ts'
import { type Gap, isSightResource } from '../timeline.ts'
import type { World } from '../world.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** The gap of a watch that pods or endpoints depend on, and that covers the failure. */
export const gapOver = (failure: FailureCase, world: World): Gap | null =>
  world.timeline.gaps.find(
    (gap) => isSightResource(gap.resource) && gap.fromMs <= failure.endMs && gap.toMs >= failure.startMs,
  ) ?? null

/** Makes the verdict ambiguous, not harness: what happened is there, but it was not seen. */
export const f11: Rule = {
  id: 'F11',
  title: 'The watch of the cluster was interrupted at that time, so a pod event may have been missed',
  fix: 'Repeat the run with an API server that keeps its watches.',
  group: 'harness',
  judge: (failure, world) => {
    if (world.timeline.pods.length === 0) return null
    const gap = gapOver(failure, world)
    return gap === null ? ruledOut('the watches were open') : suspects(0.9, [failure.seq, gap.seq])
  },
}
