import type { Clock } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { KubeConnection } from '../kube/client.ts'
import type { DeploymentSnapshot } from '../model/cluster.ts'
import { refusalFor } from '../orchestrator/judge-deployment.ts'
import { type HeldLease, holdLease } from '../orchestrator/lease.ts'
import type { Teardown } from './teardown.ts'

export interface LockOptions {
  readonly connection: Pick<KubeConnection, 'leases' | 'reader'>
  /** As the preflight found it. */
  readonly deployment: DeploymentSnapshot
  readonly runId: string
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
  /** The run whose variant the Deployment may bear. */
  readonly ownRunId?: string
  /** Gives the lease back. */
  readonly cleanup: Teardown
}

export interface LockedDeployment {
  readonly lease: HeldLease
  /** As it is since no other run can change it: another one may have, after the preflight. */
  readonly deployment: DeploymentSnapshot
}

/**
 * Holds the Lease of a Deployment for the time of a run, and looks at the Deployment once more under it. Throws LEASE_HELD,
 * DEPLOYMENT_REFUSED and the KUBE_ codes.
 */
export const lockDeployment = async (options: LockOptions): Promise<LockedDeployment> => {
  const { connection, deployment, runId, clock, log, signal, cleanup } = options
  const { namespace, name, uid } = deployment
  const target = { namespace, name, uid }
  const lease = await holdLease({ leases: connection.leases, target, holder: runId, clock, log, signal })
  cleanup.add('lease', () => lease.release())
  const now = await connection.reader.readDeployment(namespace, name, { signal })
  const refusal =
    now.uid === uid
      ? refusalFor(now, options.ownRunId ?? null)
      : new HarnessError('DEPLOYMENT_REFUSED', `deployment ${namespace}/${name} was just created again`, {
          hint: 'start a new run when nobody re-creates it',
        })
  if (refusal !== null) throw refusal
  return { lease, deployment: now }
}
