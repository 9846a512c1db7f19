import { judgeClosedListener } from './closed-listener.ts'
import type { Rule } from './rule.ts'

/** Evidence: an Event with reason FailedPreStopHook of that pod. */
export const a5: Rule = {
  id: 'A5',
  title: 'The preStop hook is configured but fails, so SIGTERM comes at once',
  fix: 'Use preStop.sleep (Kubernetes 1.30 and newer), which needs no program in the image, or a command that exists there.',
  group: 'cause',
  judge: (failure, world) => judgeClosedListener(failure, world, 'failed'),
}
