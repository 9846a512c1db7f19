import { openJournal } from '../eventlog/journal-file.ts'
import type { Clock } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { KubeConnection } from '../kube/client.ts'
import type { DeploymentSnapshot } from '../model/cluster.ts'
import type { JournalRecord } from '../model/journal.ts'
import type { JournaledChange } from '../orchestrator/choreography/change-image.ts'
import { applyVariant } from '../orchestrator/journal/apply-variant.ts'
import { objectsUnderLease, underJournal } from '../orchestrator/journal/under-journal.ts'
import { type HeldLease, underLease } from '../orchestrator/lease.ts'
import type { PreflightReport } from '../orchestrator/preflight.ts'
import type { OpenRun } from './open-run.ts'
import type { Teardown } from './teardown.ts'
import { type JournaledContext, rememberRestarts, restoreRecords } from './with-variant.ts'

export interface JournaledChangeOptions {
  readonly run: OpenRun
  readonly connection: KubeConnection
  readonly lease: HeldLease
  readonly ready: PreflightReport
  readonly clock: Clock
  readonly log: Logger
  readonly cleanup: Teardown
  /** Aborting ends what is being applied; it never ends what is being put back. */
  readonly stopped: AbortSignal
}

/**
 * The {@link JournaledChange} of a run: applied with its journal in the same patch and in the bundle, put back and proved as
 * variants are. The journal is made with the first change.
 */
export const createJournaledChange = (options: JournaledChangeOptions): JournaledChange => {
  const { run, connection, lease, ready, clock, log, cleanup, stopped } = options
  const { namespace, name, uid } = ready.deployment
  const deployment = { namespace, name, uid }
  const version = run.info.versions.rollproof
  let context: JournaledContext | null = null
  let open: { readonly records: readonly JournalRecord[]; readonly before: DeploymentSnapshot } | null = null

  const start = async (): Promise<JournaledContext> => {
    const journal = await openJournal(run.dir, {
      runId: run.info.runId,
      version,
      server: connection.server,
      clusterUid: await connection.reader.clusterUid().catch(() => null),
      deployment,
    })
    cleanup.add('journal', () => journal.close())
    return {
      objects: objectsUnderLease(connection.objects, lease),
      reader: connection.reader,
      deployment,
      runId: run.info.runId,
      version,
      journal: rememberRestarts(journal),
      clock,
      log,
      sink: run.sink,
      signal: stopped,
    }
  }
  return {
    original: () => open?.before ?? null,
    apply: async (variant, before) => {
      context ??= await start()
      const { records } = await applyVariant(variant, context)
      open = { records, before }
      return records
    },
    back: async () => {
      if (context === null || open === null) return
      const left = await restoreRecords(open.records, context)
      // It was said: what is left is left to people, and to rollproof restore.
      open = null
      if (left !== null) throw left
    },
    control: {
      patchDeployment: (target, patch, call) => {
        if (context === null) throw new HarnessError('INTERNAL', 'a restart before its journal')
        return underJournal(underLease(connection.control, lease), context.journal).patchDeployment(
          target,
          patch,
          call,
        )
      },
    },
  }
}
