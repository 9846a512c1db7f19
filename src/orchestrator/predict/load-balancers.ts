import type { IngressSpec, ServiceSpec, Surroundings } from '../../model/surroundings.ts'

export const ALB_PREFIX = 'alb.ingress.kubernetes.io/'

/** Whether the AWS Load Balancer Controller makes an ALB of it (its guide, "IngressClass" and "Annotations"). */
export const isAlb = ({ className, annotations }: IngressSpec): boolean =>
  className === 'alb' ||
  (className === null && Object.keys(annotations).some((key) => key.startsWith(ALB_PREFIX)))

export const albsOf = ({ ingresses }: Surroundings): readonly IngressSpec[] => (ingresses ?? []).filter(isAlb)

const NLB_TARGET_TYPE = 'service.beta.kubernetes.io/aws-load-balancer-nlb-target-type'

/** Services whose pods an NLB sends to by their own addresses. */
export const ipNlbsOf = ({ services }: Surroundings): readonly ServiceSpec[] =>
  (services ?? []).filter(
    ({ type, annotations }) => type === 'LoadBalancer' && annotations[NLB_TARGET_TYPE] === 'ip',
  )

/** `ip` or `instance`: a Service's word wins over its Ingress's; `instance` is the controller's default. */
export const albTargetType = (alb: IngressSpec, { services }: Surroundings): string => {
  const behind = (services ?? []).filter(({ name }) => alb.services.includes(name))
  const said = behind.map(({ annotations }) => annotations[`${ALB_PREFIX}target-type`]).find((type) => type)
  return said ?? alb.annotations[`${ALB_PREFIX}target-type`] ?? 'instance'
}

/** Anything outside of the cluster that learns of pods by itself: slower than kube-proxy by an order of magnitude. */
export const hasCloudTargets = (around: Surroundings): boolean =>
  ipNlbsOf(around).length > 0 || albsOf(around).some((alb) => albTargetType(alb, around) === 'ip')
