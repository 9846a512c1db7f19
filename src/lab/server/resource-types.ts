/** One kind of object that the API serves. */
export interface ResourceType {
  readonly plural: string
  readonly singular: string
  readonly kind: string
  /** `''` for the core group. */
  readonly group: string
  readonly version: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly subresources: readonly string[]
  /** The lab does not act on it, so nothing may be written: lists are empty. */
  readonly readOnly: boolean
  /** An update must name the version that it changes. */
  readonly versionedUpdates: boolean
  /** Fields that a fieldSelector may name, beside metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[]
  /** The store's name: `pods`, `deployments.apps`. */
  readonly storeName: string
}

type Extras = Partial<
  Pick<
    ResourceType,
    'shortNames' | 'categories' | 'subresources' | 'readOnly' | 'versionedUpdates' | 'selectableFields'
  >
> & { readonly clusterScoped?: boolean; readonly plural?: string }

const type = (groupVersion: string, kind: string, extras: Extras = {}): ResourceType => {
  const [version = '', group = ''] = groupVersion.split('/').reverse()
  const singular = kind.toLowerCase()
  const plural = extras.plural ?? `${singular}s`
  return {
    plural,
    singular,
    kind,
    group,
    version,
    namespaced: extras.clusterScoped !== true,
    shortNames: extras.shortNames ?? [],
    categories: extras.categories ?? [],
    subresources: extras.subresources ?? [],
    readOnly: extras.readOnly ?? false,
    versionedUpdates: extras.versionedUpdates ?? false,
    selectableFields: extras.selectableFields ?? [],
    storeName: group === '' ? plural : `${plural}.${group}`,
  }
}

const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']

export const RESOURCE_TYPES: readonly ResourceType[] = [
  type('v1', 'ConfigMap', { shortNames: ['cm'] }),
  type('v1', 'Endpoints', { shortNames: ['ep'], plural: 'endpoints', readOnly: true }),
  type('v1', 'Event', {
    shortNames: ['ev'],
    selectableFields: [
      ...INVOLVED.map((field) => `involvedObject.${field}`),
      'reason',
      'reportingComponent',
      'source',
      'type',
    ],
  }),
  type('v1', 'LimitRange', { shortNames: ['limits'], readOnly: true }),
  type('v1', 'Namespace', { shortNames: ['ns'], clusterScoped: true, selectableFields: ['status.phase'] }),
  type('v1', 'Node', {
    shortNames: ['no'],
    clusterScoped: true,
    subresources: ['status'],
    selectableFields: ['spec.unschedulable'],
  }),
  type('v1', 'Pod', {
    shortNames: ['po'],
    categories: ['all'],
    subresources: ['status', 'log', 'eviction'],
    selectableFields: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'status.phase',
      'status.podIP',
    ],
  }),
  type('v1', 'ResourceQuota', { shortNames: ['quota'], readOnly: true }),
  type('v1', 'Service', { shortNames: ['svc'], categories: ['all'], subresources: ['status'] }),
  type('v1', 'ServiceAccount', { shortNames: ['sa'] }),
  type('apps/v1', 'Deployment', {
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: ['status', 'scale'],
  }),
  type('apps/v1', 'ReplicaSet', {
    shortNames: ['rs'],
    categories: ['all'],
    subresources: ['status', 'scale'],
  }),
  type('autoscaling/v2', 'HorizontalPodAutoscaler', {
    shortNames: ['hpa'],
    categories: ['all'],
    subresources: ['status'],
  }),
  type('coordination.k8s.io/v1', 'Lease', { versionedUpdates: true }),
  type('discovery.k8s.io/v1', 'EndpointSlice'),
  type('networking.k8s.io/v1', 'Ingress', {
    plural: 'ingresses',
    shortNames: ['ing'],
    subresources: ['status'],
  }),
  type('policy/v1', 'PodDisruptionBudget', { shortNames: ['pdb'], subresources: ['status'] }),
]

/** `''` (core) and the named groups, each with its version, in the order of discovery. */
export const GROUP_VERSIONS: readonly { readonly group: string; readonly version: string }[] = [
  ...new Map(
    [
      ...RESOURCE_TYPES,
      { group: 'authentication.k8s.io', version: 'v1' },
      { group: 'authorization.k8s.io', version: 'v1' },
    ].map(({ group, version }) => [group, { group, version }]),
  ).values(),
]

export const findResourceType = (group: string, version: string, plural: string): ResourceType | null =>
  RESOURCE_TYPES.find(
    (candidate) => candidate.group === group && candidate.version === version && candidate.plural === plural,
  ) ?? null

export const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group === '' ? version : `${group}/${version}`
