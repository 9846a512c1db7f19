import { hasCode } from '../../kernel/errors.ts'
import type { ObjectStore } from '../../kube/ports.ts'
import { type ObjectRef, readJournalText } from '../../model/journal.ts'
import { VARIANT_KINDS, type VariantKind } from '../../model/variant.ts'
import type { SendOptions } from './send-guarded.ts'
import { patiently } from './send-guarded.ts'
import { journalOf, refOf } from './subject.ts'

export interface Orphans {
  readonly refs: readonly ObjectRef[]
  /** uids of the Deployments whose variants these are: the one of now, or those of its name before it. */
  readonly deploymentUids: readonly string[]
  /** Kinds that may not be listed. */
  readonly unread: readonly VariantKind[]
}

export const NO_ORPHANS: Orphans = { refs: [], deploymentUids: [], unread: [] }

/** uid of the Deployment of this name, the one of now or one before it, of whose variant an object bears the journal. */
const ownerUidOf = (object: unknown, name: string): string | null => {
  const text = journalOf(object)
  const read = text === null ? null : readJournalText(text)
  const owner = read?.ok === true ? read.record.deployment : undefined
  return owner?.name === name ? owner.uid : null
}

/**
 * The Services, Ingresses, budgets and autoscalers that a variant of a Deployment changed and that were not put back, by their own journals:
 * when the Deployment was deleted, made anew, or lost its journal, nothing else in the cluster names them. Throws the KUBE_
 * codes, but not for what may not be listed or does not exist in this cluster.
 */
export const findOrphans = async (
  { namespace, name }: { readonly namespace: string; readonly name: string },
  options: Pick<SendOptions, 'clock' | 'patienceMs'> & { readonly objects: Pick<ObjectStore, 'list'> },
): Promise<Orphans> => {
  const refs: ObjectRef[] = []
  const owners = new Set<string>()
  const unread: VariantKind[] = []
  for (const kind of VARIANT_KINDS) {
    if (kind === 'Deployment') continue
    try {
      const objects = await patiently(() => options.objects.list(kind, namespace), options)
      for (const object of objects) {
        const owner = ownerUidOf(object, name)
        const ref = refOf(object)
        if (owner === null || ref === null) continue
        owners.add(owner)
        refs.push(ref)
      }
    } catch (error) {
      if (hasCode(error, 'KUBE_FORBIDDEN')) unread.push(kind)
      else if (!hasCode(error, 'KUBE_NOT_FOUND')) throw error
    }
  }
  return { refs, deploymentUids: [...owners], unread }
}
