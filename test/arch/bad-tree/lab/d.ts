import type { V1Pod } from '@kubernetes/client-node'
export type D = V1Pod
