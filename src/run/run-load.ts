import { selfTest } from '../engine/self-test/self-test.ts'
import type { RequestCounts } from '../model/events.ts'
import { abortReason, type OpenRunOptions, openRun } from './open-run.ts'

export type RunLoadOptions = Omit<OpenRunOptions, 'command' | 'cluster' | 'target'> & {
  /** Aborting stops the load; what there is stays in the bundle. The reason is a HarnessError. */
  readonly signal: AbortSignal
}

/**
 * The engine alone: the planned requests and nothing else go to the target. Resolves with the bundle's folder, also
 * when the run was interrupted. Throws OUTPUT_NOT_WRITABLE before the start, ENGINE_FAILED.
 */
export const runLoad = async (options: RunLoadOptions): Promise<{ readonly dir: string }> => {
  const { signal, ...rest } = options
  const run = await openRun({ ...rest, command: 'load', cluster: null, target: null })
  const stopped = AbortSignal.any([signal, run.broken])
  let counts: RequestCounts | null = null
  try {
    run.enter('self-test', null)
    const tested = await selfTest({ signal: stopped }).catch((error: unknown) => {
      if (stopped.aborted) return null
      throw error
    })
    if (tested !== null) run.sink({ type: 'engine.self-tested', ...tested })
    if (!stopped.aborted) {
      run.enter('steady', null)
      await run.engine.start()
      const onAbort = (): void => void run.engine.stop().catch(() => {})
      stopped.addEventListener('abort', onAbort, { once: true })
      if (stopped.aborted) onAbort()
      counts = await run.engine.done
      stopped.removeEventListener('abort', onAbort)
    }
    const reason = stopped.aborted ? abortReason(stopped) : null
    await run.close(
      reason === null ? 'completed' : reason.code === 'INTERRUPTED' ? 'interrupted' : 'aborted',
      reason?.message ?? null,
      counts,
    )
  } catch (error) {
    await run.close('aborted', error instanceof Error ? error.message : String(error), counts)
    throw error
  }
  return { dir: run.dir }
}
