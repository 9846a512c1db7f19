import { covers } from '../interval.ts'
import { commonIdleMs, rateRatio } from './d1.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** Fewer failures than this before the restarts do not make a rate. */
const ENOUGH = 3

export const f9: Rule = {
  id: 'F9',
  title: 'Such failures were there before the first restart, so the rollout is not their cause',
  fix: 'Find out what fails without a rollout first (a baseline run: `rollproof load`).',
  group: 'harness',
  judge: (failure, world) => {
    const { untilMs, windows } = world.baseline
    if (untilMs === null) return null
    const signature = world.baseline.of(failure)
    const inside = covers(windows, failure.startMs) || covers(windows, failure.endMs)
    if (failure.startMs < untilMs && world.baseline.isStartUp(failure))
      return ruledOut('a pod without a readiness probe had just started')
    if (failure.startMs < untilMs)
      return inside
        ? ruledOut('a pod was ending although no restart had been asked for')
        : suspects(0.95, [failure.seq])
    if (signature.before === 0) return ruledOut('there was no such failure before the first restart')
    const idleMs = failure.family === 'cut' && !failure.fresh ? commonIdleMs(signature.idleMs) : null
    if (idleMs !== null && failure.idleMs !== null && Math.abs(failure.idleMs - idleMs) > idleMs / 4)
      return ruledOut('those before the first restart all came after another idle time')
    const facts = [failure.seq, ...signature.seqs]
    if (!inside) return suspects(0.8, facts)
    if (signature.before >= ENOUGH && rateRatio(failure, world) <= 2) return suspects(0.8, facts)
    return ruledOut('they came far more often while pods were ending than before the first restart')
  },
}
