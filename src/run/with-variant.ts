import type { HarnessError } from '../kernel/errors.ts'
import type { JournalLog, JournalRecord } from '../model/journal.ts'
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

export type JournaledContext = VariantContext & { readonly journal: RememberingJournal }

/** Puts back what these records tell, and proves it. Returns what is left of it, to be thrown; `null` = nothing is. */
export const restoreRecords = async (
  records: readonly JournalRecord[],
  context: JournaledContext,
): Promise<HarnessError | null> => {
  const local = { records, restarts: context.journal.restarts }
  return notRestored(await restoreOrSay({ ...context, local }), context.deployment)
}

/**
 * Applies a variant, calls `use`, and puts the variant back, whatever happened; proved. Once `use` has called its `written`, an
 * abort of the context's signal, before or after that, begins it at once, beside the rest of `use`: whoever interrupts a run
 * does not wait for its books. NOT_RESTORED dominates what `use` threw. Throws what {@link applyVariant} throws.
 */
export const withVariant = async <T>(
  variant: Variant,
  context: JournaledContext,
  use: (written: () => void) => Promise<T>,
): Promise<T> => {
  const { records } = await applyVariant(variant, context)
  const restore = async (): Promise<void> => {
    const left = await restoreRecords(records, context)
    if (left !== null) throw left
  }
  let restoring: Promise<void> | null = null
  const putBack = (): Promise<void> => {
    restoring ??= restore()
    return restoring
  }
  const early = (): void => {
    // What comes of it is heard below.
    putBack().catch(() => {})
  }
  const { signal } = context
  const written = (): void => {
    if (signal?.aborted === true) early()
    else signal?.addEventListener('abort', early, { once: true })
  }
  let used: T
  try {
    used = await use(written)
  } catch (error) {
    await putBack()
    throw error
  } finally {
    signal?.removeEventListener('abort', early)
  }
  await putBack()
  return used
}
