import { valueAt } from '../../kernel/json-pointer.ts'
import type { ObjectStore, RolloutControl } from '../../kube/ports.ts'
import type { JournalLog } from '../../model/journal.ts'
import { RESTART_PATH } from '../../model/rollout.ts'
import type { HeldLease } from '../lease.ts'

/** Of a write under the lease, as for restarts. */
const GUARDED_WRITE_MS = 15_000

/** The same control, with the value of each restart on disk before its patch; dry runs go through as they are. */
export const underJournal = (control: RolloutControl, journal: JournalLog): RolloutControl => ({
  patchDeployment: async (target, patch, options = {}) => {
    const restartedAt = valueAt(patch, RESTART_PATH)?.value
    if (options.dryRun !== true && typeof restartedAt === 'string') {
      await journal.append({ type: 'restarting', restartedAt })
    }
    return control.patchDeployment(target, patch, options)
  },
})

/** The same objects, with the lease renewed just before each write, which gets `writeMs` at most; dry runs go through as they are. */
export const objectsUnderLease = (
  objects: ObjectStore,
  lease: Pick<HeldLease, 'confirm'>,
  writeMs = GUARDED_WRITE_MS,
): ObjectStore => ({
  ...objects,
  patch: async (object, operations, options = {}) => {
    if (options.dryRun === true) return objects.patch(object, operations, options)
    await lease.confirm()
    return objects.patch(object, operations, { timeoutMs: writeMs, ...options })
  },
})
