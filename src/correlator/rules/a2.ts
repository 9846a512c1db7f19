import { judgeClosedListener } from './closed-listener.ts'
import type { Rule } from './rule.ts'

export const a2: Rule = {
  id: 'A2',
  title: 'The preStop hook is shorter than the time that routes need to forget the pod',
  fix: 'Lengthen the preStop sleep beyond the measured propagation plus a margin, and the grace period with it.',
  group: 'cause',
  judge: (failure, world) => judgeClosedListener(failure, world, 'works'),
}
