import type { CauseId } from '../../model/finding.ts'
import type { Surroundings } from '../../model/surroundings.ts'
import { ALB_PREFIX } from './load-balancers.ts'
import { listWords, type Predictor } from './predictor.ts'

type Kind = 'Deployment' | 'pod template' | 'Service' | 'Ingress'

/** Annotations of an ALB that are read from a Service too (AWS Load Balancer Controller, "Ingress annotations", location). */
const ALB_ON_SERVICE =
  /^alb\.ingress\.kubernetes\.io\/(target-type|backend-protocol(-version)?|target-group-attributes|healthcheck-.*|success-codes|(un)?healthy-threshold-count|auth-.*|target-node-labels|target-control-port\..*|multi-cluster-target-group|frontend-nlb-.*)$/

const BELONGS: readonly {
  readonly on: readonly Kind[]
  readonly where: string
  readonly is: (key: string) => boolean
}[] = [
  {
    on: ['Service'],
    where: 'a Service',
    is: (key) =>
      key.startsWith('service.beta.kubernetes.io/') ||
      key.startsWith('service.kubernetes.io/') ||
      key === 'cloud.google.com/neg' ||
      key === 'cloud.google.com/backend-config',
  },
  { on: ['Ingress', 'Service'], where: 'an Ingress or its Service', is: (key) => ALB_ON_SERVICE.test(key) },
  {
    on: ['Ingress'],
    where: 'an Ingress',
    is: (key) =>
      key.startsWith(ALB_PREFIX) ||
      key.startsWith('nginx.ingress.kubernetes.io/') ||
      key === 'kubernetes.io/ingress.class',
  },
]
/** A label of the namespace that is often written elsewhere. */
const GATE_LABEL = 'elbv2.k8s.aws/pod-readiness-gate-inject'

const causeOf = (key: string): CauseId => {
  if (/target-type|readiness-gate|healthcheck/.test(key)) return 'C4'
  if (/timeout|idle|keepalive/.test(key)) return 'D1'
  if (/retr|next-upstream/.test(key)) return 'D4'
  return key.startsWith('nginx.') ? 'B3' : 'B4'
}

const objectsOf = ({ workload, services, ingresses }: Surroundings) => [
  { kind: 'Deployment' as const, name: workload.name, keys: Object.keys(workload.annotations) },
  { kind: 'pod template' as const, name: workload.name, keys: Object.keys(workload.templateAnnotations) },
  ...(services ?? []).map(({ name, annotations }) => ({
    kind: 'Service' as const,
    name,
    keys: Object.keys(annotations),
  })),
  ...(ingresses ?? []).map(({ name, annotations }) => ({
    kind: 'Ingress' as const,
    name,
    keys: Object.keys(annotations),
  })),
]

/** Annotations that stand on an object whose controller does not read them: what they say is not done. */
export const predictAnnotations: Predictor = (around) => {
  const astray = objectsOf(around).flatMap(({ kind, name, keys }) =>
    keys.flatMap((key) => {
      const home = BELONGS.find(({ is }) => is(key))
      return home === undefined || home.on.includes(kind) ? [] : [{ kind, name, key, where: home.where }]
    }),
  )
  const { workload } = around
  const mislabelled = (['labels', 'annotations', 'templateLabels', 'templateAnnotations'] as const).filter(
    (field) => workload[field][GATE_LABEL] !== undefined,
  )
  const all = [
    ...astray,
    ...mislabelled.map((field) => ({
      kind: field.startsWith('template') ? ('pod template' as const) : ('Deployment' as const),
      name: workload.name,
      key: GATE_LABEL,
      where: 'the namespace, as a label',
    })),
  ]
  const byObject = [...Map.groupBy(all, ({ kind, name, where }) => `${kind} ${name}\n${where}`).values()]
  return byObject.flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const keys = group.map(({ key }) => key)
    return [
      {
        id: 'annotation-on-wrong-object',
        cause: causeOf(first.key),
        alsoCauses: [...new Set(keys.map(causeOf))].filter((cause) => cause !== causeOf(first.key)),
        severity: 'medium' as const,
        title: `A setting stands on the wrong object and does nothing`,
        because: `${first.kind} ${first.name} has ${listWords(keys)}, which ${keys.length === 1 ? 'belongs' : 'belong'} on ${first.where}`,
        fix: `move ${keys.length === 1 ? 'it' : 'them'} to ${first.where}`,
      },
    ]
  })
}
