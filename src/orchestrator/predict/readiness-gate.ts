import type { Prediction } from '../../model/prediction.ts'
import type { Surroundings } from '../../model/surroundings.ts'
import { albsOf, albTargetType, ipNlbsOf } from './load-balancers.ts'
import type { Predictor } from './predictor.ts'

const V1 = 'target-health.alb.ingress.k8s.aws/'
const V2 = 'target-health.elbv2.k8s.aws'
const LABEL = 'elbv2.k8s.aws/pod-readiness-gate-inject'

const gatesOf = ({ workload, pods }: Surroundings): readonly string[] => [
  ...workload.readinessGates,
  ...(pods ?? []).flatMap(({ settings }) => settings.readinessGates),
]

/**
 * C4: Kubernetes goes on with the rollout before the load balancer has found the new pods healthy, because the
 * readiness gate of AWS Load Balancer Controller v2 is not on them (its guide, "Pod readiness gate").
 */
export const predictReadinessGate: Predictor = (around) => {
  const albs = albsOf(around)
  const nlbs = ipNlbsOf(around)
  const shared = {
    cause: 'C4',
    alsoCauses: ['C3'],
    title: 'The load balancer finds new pods healthy after Kubernetes has gone on',
  } as const
  const found: Prediction[] = []
  const old = gatesOf(around).find((gate) => gate.startsWith(V1))
  if (old !== undefined) {
    found.push({
      ...shared,
      id: 'hand-written-readiness-gate',
      severity: 'high',
      title: 'The readiness gate is one of controller v1, which v2 does not serve',
      because: `readinessGates of the pod template has ${V1}…; AWS Load Balancer Controller v2 sets ${V2}… conditions only, so the gate is replaced or the pods never become ready`,
      fix: `take the hand-written gate out and label the namespace ${LABEL}=enabled`,
    })
  }
  const byNode = albs.filter((alb) => albTargetType(alb, around) !== 'ip')
  for (const alb of byNode) {
    found.push({
      ...shared,
      id: 'alb-target-type-instance',
      severity: 'medium',
      title: 'The load balancer knows nodes, not pods: no readiness gate can hold the rollout',
      because: `Ingress ${alb.name} is for an ALB and its target-type is ${albTargetType(alb, around)} (the default is instance): readiness gates work with target-type ip only`,
      fix: 'set alb.ingress.kubernetes.io/target-type: ip, and label the namespace for the readiness gate',
    })
  }
  const byPod = [
    ...albs.filter((alb) => !byNode.includes(alb)).map(({ name }) => `Ingress ${name}`),
    ...nlbs.map(({ name }) => `Service ${name}`),
  ]
  if (byPod.length === 0 || old !== undefined || gatesOf(around).some((gate) => gate.startsWith(V2)))
    return found
  const { namespaceLabels, workload, pods } = around
  if (namespaceLabels === null) return found
  if (namespaceLabels[LABEL] !== 'enabled') {
    found.push({
      ...shared,
      id: 'no-readiness-gate',
      severity: 'high',
      because: `${byPod.join(', ')} sends to pod addresses, the pods have no readiness gate, and namespace ${workload.namespace} has no label ${LABEL}=enabled`,
      fix: `label the namespace ${LABEL}=enabled and restart the Deployment once`,
    })
  } else if (pods !== null && pods.length > 0) {
    found.push({
      ...shared,
      id: 'readiness-gate-not-injected',
      severity: 'high',
      because: `namespace ${workload.namespace} has the label ${LABEL}=enabled, and yet none of the ${pods.length} pods has a gate: they are older than the label or the Ingress, or the webhook did not answer`,
      fix: 'restart the Deployment once and look again; set failurePolicy: Fail on the webhook of the controller',
    })
  }
  return found
}
