/*
 * How strategic merge patches treat lists: `patchMergeKey` and `patchStrategy` of the API's types
 * (k8s.io/api, core/v1, apps/v1, meta/v1), for the fields that are merged. All other lists are replaced.
 */

const KEYS: Readonly<Record<string, string>> = {
  conditions: 'type',
  containers: 'name',
  env: 'name',
  ephemeralContainers: 'name',
  hostAliases: 'ip',
  imagePullSecrets: 'name',
  initContainers: 'name',
  ownerReferences: 'uid',
  podIPs: 'ip',
  resourceClaims: 'name',
  schedulingGates: 'name',
  topologySpreadConstraints: 'topologyKey',
  volumeDevices: 'devicePath',
  volumeMounts: 'mountPath',
  volumes: 'name',
}

/** Lists of plain values that are merged as sets. */
export const isMergedSet = (field: string): boolean => field === 'finalizers'

/** The key that tells items of the list apart; `null` for a list that is replaced. `path`: field names from the root. */
export const mergeKeyOf = (kind: string, path: readonly string[]): string | null => {
  const field = path.at(-1) ?? ''
  if (field === 'ports') {
    if (kind === 'Service') return 'port'
    return path.some((name) => name.endsWith('ontainers')) ? 'containerPort' : null
  }
  if (field === 'addresses') return kind === 'Node' ? 'type' : null
  if (field === 'secrets') return kind === 'ServiceAccount' ? 'name' : null
  return KEYS[field] ?? null
}
