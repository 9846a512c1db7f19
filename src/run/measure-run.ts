import type { HarnessError } from '../kernel/errors.ts'
import type { KubeConnection } from '../kube/client.ts'
import type { EndReason } from '../model/events.ts'
import type { Prediction } from '../model/prediction.ts'
import type { ClusterFacts } from '../model/run-info.ts'
import type { HeldLease } from '../orchestrator/lease.ts'
import type { PreflightReport } from '../orchestrator/preflight.ts'
import { abortReason, type OpenRunOptions, openRun } from './open-run.ts'
import { performRun } from './perform-run.ts'
import { createTeardown } from './teardown.ts'

export type MeasureOptions = Omit<OpenRunOptions, 'command' | 'cluster'> & {
  readonly connection: KubeConnection
  readonly lease: HeldLease
  /** With the Deployment as it is now. */
  readonly ready: PreflightReport
  readonly predictions: readonly Prediction[] | null
  /** Aborting stops the run where it is; what there is stays in the bundle. The reason is a HarnessError. */
  readonly signal: AbortSignal
  /** Called when the run writes nothing more to the cluster; its books are still open. */
  readonly onWritten?: () => void
  /** Whether it runs on a variant, which is put back after it; no when left out. */
  readonly onVariant?: boolean
}

export interface MeasuredRun {
  /** The bundle. */
  readonly dir: string
  readonly reason: EndReason
  /** Why, in words; `null` when it completed. */
  readonly detail: string | null
  /** The error that ended it early; `null` when it completed or was interrupted. */
  readonly error: HarnessError | null
}

/**
 * One run on a Deployment that is ours by its Lease: opens the bundle, watches, restarts under load, closes the bundle. From
 * the opened bundle on everything that happens ends in it. Throws OUTPUT_NOT_WRITABLE.
 */
export const measureRun = async (options: MeasureOptions): Promise<MeasuredRun> => {
  const {
    connection,
    lease,
    ready,
    predictions,
    signal,
    onWritten = () => {},
    onVariant = false,
    ...open
  } = options
  const { scenario, clock, log } = open
  const cleanup = createTeardown(log)
  try {
    const cluster = clusterFacts(ready, connection, predictions)
    const run = await openRun({ ...open, command: 'run', cluster })
    run.sink({ type: 'lease.acquired', name: lease.name })
    const onLost = (): void => {
      run.sink({ type: 'lease.lost', name: lease.name, detail: abortReason(lease.lost).message })
    }
    lease.lost.addEventListener('abort', onLost, { once: true })
    if (lease.lost.aborted) onLost()
    const stopped = AbortSignal.any([signal, run.broken, lease.lost])
    const shared = {
      run,
      connection,
      lease,
      ready,
      scenario,
      clock,
      log,
      stopped,
      cleanup,
      onWritten,
      onVariant,
    }
    const ended = await performRun(shared)
    lease.lost.removeEventListener('abort', onLost)
    await run.close(ended.reason, ended.detail, ended.counts)
    const { reason, detail } = ended
    return { dir: run.dir, reason, detail, error: reason === 'interrupted' ? null : ended.error }
  } finally {
    await cleanup.run()
  }
}

const clusterFacts = (
  ready: PreflightReport,
  connection: Pick<KubeConnection, 'server' | 'context' | 'serverVersion'>,
  predictions: ClusterFacts['predictions'] = null,
): ClusterFacts => ({
  server: connection.server,
  context: connection.context,
  serverVersion: connection.serverVersion,
  deployment: ready.deployment,
  services: ready.services ?? [],
  predictions,
})
