import { judgeUnknownTargets } from './balancer.ts'
import type { Rule } from './rule.ts'

/** AWS Load Balancer Controller, "Pod readiness gate". */
export const c4: Rule = {
  id: 'C4',
  title:
    'Kubernetes goes on before the load balancer has found the new pods healthy: they have no readiness gate',
  fix: 'Label the namespace elbv2.k8s.aws/pod-readiness-gate-inject=enabled, use target-type ip, and restart the Deployment once, so that new pods get the gate.',
  group: 'cause',
  judge: (failure, world) => judgeUnknownTargets(failure, world, 'no gate'),
}
