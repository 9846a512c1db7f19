import type { JournalLog } from '../model/journal.ts'
import type { Variant } from '../model/variant.ts'
import { applyVariant } from '../orchestrator/journal/apply-variant.ts'
import type { VariantContext } from '../orchestrator/journal/context.ts'
import { notRestored } from '../orchestrator/journal/outcome.ts'
import { restoreOrSay } from '../orchestrator/journal/restore-variant.ts'

/** A journal that also remembers the restarts that were written into it: they are ours when a variant is put back. */
export interface RememberingJournal extends JournalLog {
  readonly restarts: readonly string[]
}

export const rememberRestarts = (journal: JournalLog): RememberingJournal => {
  const restarts: string[] = []
  return {
    path: journal.path,
    restarts,
    append: async (entry) => {
      await journal.append(entry)
      if (entry.type === 'restarting') restarts.push(entry.restartedAt)
    },
  }
}

/**
 * Applies a variant, calls `use`, and puts the variant back, whatever happened; proved. NOT_RESTORED dominates what `use`
 * threw. Throws what {@link applyVariant} throws.
 */
export const withVariant = async <T>(
  variant: Variant,
  context: VariantContext & { readonly journal: RememberingJournal },
  use: () => Promise<T>,
): Promise<T> => {
  const { records } = await applyVariant(variant, context)
  const putBack = async (): Promise<void> => {
    const local = { records, restarts: context.journal.restarts }
    const report = await restoreOrSay({ ...context, local })
    const left = notRestored(report, context.deployment)
    if (left !== null) throw left
  }
  let used: T
  try {
    used = await use()
  } catch (error) {
    await putBack()
    throw error
  }
  await putBack()
  return used
}
