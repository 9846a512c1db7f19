import { judgeImpossibleClaim } from './impossible-claim.ts'
import type { Rule } from './rule.ts'

export const f10: Rule = {
  id: 'F10',
  title: 'The facts give deletionTimestamp as the start of a termination; it is its end',
  fix: 'Record deletionTimestamp − deletionGracePeriodSeconds as the start, and repeat the run.',
  group: 'harness',
  judge: (failure, world) => judgeImpossibleClaim(failure, world, 'F10'),
}
