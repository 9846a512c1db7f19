import { judgeImpossibleClaim } from './impossible-claim.ts'
import type { Rule } from './rule.ts'

export const f5: Rule = {
  id: 'F5',
  title: 'The clocks of the cluster and of the harness disagree, so the order cannot be told',
  fix: 'Synchronise the clocks of the nodes and of this machine (NTP), and repeat the run.',
  group: 'harness',
  judge: (failure, world) => judgeImpossibleClaim(failure, world, 'F5'),
}
