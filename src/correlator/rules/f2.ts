import { servingAt } from '../endpoint-counts.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** openshift/origin#27250. */
export const f2: Rule = {
  id: 'F2',
  title: 'The name of the target could not be resolved on the machine that sends',
  fix: 'Look at the resolver of the machine that sends, or give the target by address.',
  group: 'harness',
  judge: (failure, world) => {
    if (failure.kind !== 'dns') return null
    const empty =
      (failure.code === 'ENOTFOUND' || failure.code === 'ENODATA') &&
      servingAt(world.timeline, failure.startMs)?.possible === 0
    return empty ? ruledOut('the Service had no endpoint to name') : suspects(0.9, [failure.seq])
  },
}
