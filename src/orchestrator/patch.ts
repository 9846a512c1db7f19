import type { DeploymentTarget } from '../kube/ports.ts'
import type { WorkloadSnapshot } from '../model/cluster.ts'
import { RESTARTED_AT } from '../model/rollout.ts'

export { RESTARTED_AT }

/**
 * A value for {@link RESTARTED_AT} that is not `previous`: RFC 3339 with ms, where kubectl writes seconds, so that two
 * restarts within a second are two.
 */
export const restartedAtValue = (epochMs: number, previous: string | undefined): string => {
  const value = new Date(epochMs).toISOString()
  return value === previous ? new Date(epochMs + 1).toISOString() : value
}

/**
 * Strategic-merge patch that restarts a Deployment and touches nothing else. Its uid is in it: the API server refuses
 * the patch when a Deployment of this name is another one by now.
 */
export const restartPatch = (
  { uid }: DeploymentTarget,
  restartedAt: string,
): Readonly<Record<string, unknown>> => ({
  metadata: { uid },
  spec: { template: { metadata: { annotations: { [RESTARTED_AT]: restartedAt } } } },
})

/** When the pods of this Deployment were last told to restart, as its template says; `undefined` = never. */
export const restartedAtOf = ({ templateAnnotations }: WorkloadSnapshot): string | undefined =>
  templateAnnotations[RESTARTED_AT]
