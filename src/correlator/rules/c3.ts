import { judgeUnknownTargets } from './balancer.ts'
import type { Rule } from './rule.ts'

/** AWS, "Troubleshoot your Application Load Balancers", HTTP 503. */
export const c3: Rule = {
  id: 'C3',
  title:
    'New pods are Ready before the load balancer has found them healthy, and the old ones are gone already',
  fix: 'Replace fewer pods at once (maxUnavailable 0, maxSurge 1), raise minReadySeconds above the time of registration and health checks, and look why the readiness gate did not hold the rollout.',
  group: 'cause',
  judge: (failure, world) => judgeUnknownTargets(failure, world, 'gate'),
}
