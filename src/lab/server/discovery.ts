import { apiVersionOf, GROUP_VERSIONS, RESOURCE_TYPES, type ResourceType } from './resource-types.ts'

const READ = ['get', 'list', 'watch']
const ALL = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

interface Discovered {
  readonly name: string
  readonly singularName: string
  readonly namespaced: boolean
  readonly kind: string
  readonly verbs: readonly string[]
  readonly group?: string
  readonly version?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

const SUBRESOURCES: Readonly<
  Record<string, Omit<Discovered, 'name' | 'singularName' | 'namespaced'> | undefined>
> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
  log: { kind: 'Pod', verbs: ['get'] },
}

const describeType = (type: ResourceType): readonly Discovered[] => [
  {
    name: type.plural,
    singularName: type.singular,
    namespaced: type.namespaced,
    kind: type.kind,
    verbs: type.readOnly ? READ : ALL,
    ...(type.shortNames.length > 0 && { shortNames: type.shortNames }),
    ...(type.categories.length > 0 && { categories: type.categories }),
  },
  ...type.subresources.map((name) => ({
    name: `${type.plural}/${name}`,
    singularName: '',
    namespaced: type.namespaced,
    ...(SUBRESOURCES[name] ?? { kind: type.kind, verbs: ['get', 'patch', 'update'] }),
  })),
]

const reviews = (kind: string): Discovered => ({
  name: `${kind.toLowerCase()}s`,
  singularName: kind.toLowerCase(),
  namespaced: false,
  kind,
  verbs: ['create'],
})

const resourcesOf = (group: string): readonly Discovered[] => {
  if (group === 'authorization.k8s.io') return [reviews('SelfSubjectAccessReview')]
  if (group === 'authentication.k8s.io') return [reviews('SelfSubjectReview')]
  return RESOURCE_TYPES.filter((type) => type.group === group).flatMap(describeType)
}

/** `GET /api/v1`, `GET /apis/GROUP/VERSION`; `null` for a group that is not served. */
export const resourceList = (group: string, version: string) => {
  const known = GROUP_VERSIONS.some((served) => served.group === group && served.version === version)
  if (!known) return null
  const groupVersion = apiVersionOf({ group, version })
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: resourcesOf(group) }
}

/** `GET /api`. */
export const coreVersions = (address: string) => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
})

const groupOf = ({ group, version }: { group: string; version: string }) => {
  const preferred = { groupVersion: apiVersionOf({ group, version }), version }
  return { name: group, versions: [preferred], preferredVersion: preferred }
}

/** `GET /apis`. */
export const groupList = () => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: GROUP_VERSIONS.filter(({ group }) => group !== '').map(groupOf),
})

/** `GET /apis/GROUP`; `null` for a group that is not served. */
export const oneGroup = (name: string) => {
  const found = GROUP_VERSIONS.find(({ group }) => group === name && group !== '')
  return found === undefined ? null : { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(found) }
}

const aggregated = (group: string, version: string) => {
  const resources = resourcesOf(group)
  const kindOf = (found: Discovered) => ({
    group: found.group ?? '',
    version: found.version ?? '',
    kind: found.kind,
  })
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map((found) => {
      const subresources = resources
        .filter(({ name }) => name.startsWith(`${found.name}/`))
        .map((sub) => ({
          subresource: sub.name.slice(found.name.length + 1),
          responseKind: kindOf(sub),
          verbs: sub.verbs,
        }))
      return {
        resource: found.name,
        responseKind: { group, version, kind: found.kind },
        scope: found.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: found.singularName,
        verbs: found.verbs,
        ...(found.shortNames !== undefined && { shortNames: found.shortNames }),
        ...(found.categories !== undefined && { categories: found.categories }),
        ...(subresources.length > 0 && { subresources }),
      }
    })
}

/** Aggregated discovery (KEP-3352): everything below /api or /apis in one answer. `v2` or `v2beta1`. */
export const aggregatedDiscovery = (root: 'api' | 'apis', version: string) => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: `apidiscovery.k8s.io/${version}`,
  metadata: {},
  items: GROUP_VERSIONS.filter(({ group }) => (group === '') === (root === 'api')).map((served) => ({
    metadata: served.group === '' ? {} : { name: served.group },
    versions: [
      {
        version: served.version,
        resources: aggregated(served.group, served.version),
        freshness: 'Current',
      },
    ],
  })),
})

/** `GET /version`: the Kubernetes whose behaviour the lab imitates. */
export const VERSION = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.4-rollproof-lab',
  gitCommit: 'unknown',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.24',
  compiler: 'gc',
  platform: 'linux/amd64',
}
