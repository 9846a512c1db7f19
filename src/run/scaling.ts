import { openJournal } from '../eventlog/journal-file.ts'
import type { Clock } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { KubeConnection } from '../kube/client.ts'
import type { JournalRecord } from '../model/journal.ts'
import type { Variant } from '../model/variant.ts'
import type { Scaling } from '../orchestrator/choreography/scale-down.ts'
import { applyVariant } from '../orchestrator/journal/apply-variant.ts'
import type { VariantContext } from '../orchestrator/journal/context.ts'
import { notRestored } from '../orchestrator/journal/outcome.ts'
import { restoreOrSay } from '../orchestrator/journal/restore-variant.ts'
import { objectsUnderLease } from '../orchestrator/journal/under-journal.ts'
import type { HeldLease } from '../orchestrator/lease.ts'
import type { PreflightReport } from '../orchestrator/preflight.ts'
import type { OpenRun } from './open-run.ts'
import type { Teardown } from './teardown.ts'

export interface ScalingOptions {
  readonly run: OpenRun
  readonly connection: KubeConnection
  readonly lease: HeldLease
  readonly ready: PreflightReport
  readonly clock: Clock
  readonly log: Logger
  readonly cleanup: Teardown
}

const variantOf = (deployment: string, replicas: number): Variant => ({
  name: 'scale-down',
  patches: [
    { object: { kind: 'Deployment', name: deployment }, type: 'strategic', body: { spec: { replicas } } },
  ],
  mayScale: true,
})

/**
 * The {@link Scaling} of a run: a change of spec.replicas with its journal in the same patch and in the bundle, put back and
 * proved as variants are. The journal is made with the first change.
 */
export const createScaling = (options: ScalingOptions): Scaling => {
  const { run, connection, lease, ready, clock, log, cleanup } = options
  const { namespace, name, uid } = ready.deployment
  const deployment = { namespace, name, uid }
  const version = run.info.versions.rollproof
  let context: VariantContext | null = null
  let records: readonly JournalRecord[] | null = null

  const open = async (): Promise<VariantContext> => {
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
      journal,
      clock,
      log,
      sink: run.sink,
    }
  }
  return {
    down: async (replicas) => {
      context ??= await open()
      const applied = await applyVariant(variantOf(name, replicas), context)
      records = applied.records
    },
    back: async () => {
      if (context === null || records === null) throw new HarnessError('INTERNAL', 'nothing was scaled')
      const report = await restoreOrSay({ ...context, local: { records, restarts: [] } })
      const left = notRestored(report, deployment)
      if (left !== null) throw left
      records = null
    },
  }
}
