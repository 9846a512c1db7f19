/** The store's names of the resources that the controllers work on. */
export const PODS = 'pods'
export const SERVICES = 'services'
export const NODES = 'nodes'
export const NAMESPACES = 'namespaces'
export const REPLICA_SETS = 'replicasets.apps'
export const DEPLOYMENTS = 'deployments.apps'
export const ENDPOINT_SLICES = 'endpointslices.discovery.k8s.io'
export const BUDGETS = 'poddisruptionbudgets.policy'
