import type { CallOptions, ClusterReader } from '../../kube/ports.ts'
import type { DeploymentSnapshot } from '../../model/cluster.ts'

/** pod-template-hash of the ReplicaSet that a Deployment runs now (the one of its revision); `null` when there is none. */
export const currentTemplateHash = async (
  reader: Pick<ClusterReader, 'list'>,
  { namespace, uid, revision, labelSelector }: DeploymentSnapshot,
  options?: CallOptions,
): Promise<string | null> => {
  const { items } = await reader.list('replicasets', { namespace, labelSelector }, options)
  const current = items.find(({ value }) => value.ownerUid === uid && value.revision === revision)
  return revision === null ? null : (current?.value.templateHash ?? null)
}
