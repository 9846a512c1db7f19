import type { KubeObject } from './store.ts'
import { controlledBy, type PodSpec, type ReplicaSet } from './types.ts'

interface Resources {
  readonly requests?: Readonly<Record<string, unknown>>
  readonly limits?: Readonly<Record<string, unknown>>
}

/** Quality of service as `kubectl describe pod` shows it (core/v1/helper/qos). */
export const qosClassOf = (spec: PodSpec): 'BestEffort' | 'Burstable' | 'Guaranteed' => {
  const all = [...spec.containers, ...(spec.initContainers ?? [])].map(
    (container): Resources => (container.resources ?? {}) as Resources,
  )
  if (all.every(({ requests, limits }) => Object.keys({ ...requests, ...limits }).length === 0))
    return 'BestEffort'
  const guaranteed = all.every(({ requests = {}, limits = {} }) =>
    ['cpu', 'memory'].every(
      (name) => limits[name] !== undefined && (requests[name] ?? limits[name]) === limits[name],
    ),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

const TOLERATIONS = ['not-ready', 'unreachable'].map((problem) => ({
  key: `node.kubernetes.io/${problem}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}))

/** What admission adds to the spec of every new pod. */
export const admittedSpec = (spec: PodSpec): PodSpec => ({
  enableServiceLinks: true,
  preemptionPolicy: 'PreemptLowerPriority',
  priority: 0,
  serviceAccount: 'default',
  serviceAccountName: 'default',
  tolerations: TOLERATIONS,
  ...spec,
})

/** A pod as its ReplicaSet creates it. */
export const podFromTemplate = (replicaSet: ReplicaSet, suffix: string): KubeObject => {
  const { template } = replicaSet.spec
  const generateName = `${replicaSet.metadata.name}-`
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${generateName}${suffix}`,
      generateName,
      ...(replicaSet.metadata.namespace !== undefined && { namespace: replicaSet.metadata.namespace }),
      labels: { ...template.metadata?.labels },
      ...(template.metadata?.annotations !== undefined && {
        annotations: { ...template.metadata.annotations },
      }),
      ownerReferences: [controlledBy(replicaSet)],
    },
    spec: admittedSpec(template.spec),
    status: { phase: 'Pending', qosClass: qosClassOf(template.spec) },
  }
}
