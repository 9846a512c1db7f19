import { judgeClosedListener } from './closed-listener.ts'
import type { Rule } from './rule.ts'

/** k8s#43576, #89263, #64510. */
export const a1: Rule = {
  id: 'A1',
  title:
    'The app stops listening on SIGTERM while requests are still routed to it, and there is no preStop hook',
  fix: 'Add a preStop sleep that is longer than the measured propagation, and keep accepting until it is over.',
  group: 'cause',
  judge: (failure, world) => judgeClosedListener(failure, world, 'none'),
}
