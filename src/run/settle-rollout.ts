import type { Clock } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { ClusterReader, DeploymentTarget } from '../kube/ports.ts'
import type { DeploymentSnapshot } from '../model/cluster.ts'
import { isRolloutComplete } from '../model/rollout.ts'
import { currentTemplateHash } from '../orchestrator/journal/template-hash.ts'

const LOOK_EVERY_MS = 500

export interface SettleOptions {
  readonly reader: ClusterReader
  readonly target: DeploymentTarget
  readonly clock: Clock
  /** After this long it is stuck. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Waits until a rollout that is not measured is over to its end: complete, and every pod there is of the current template,
 * ready, and not ending. Returns the Deployment as it is then. Throws ROLLOUT_STUCK, the KUBE_ codes and the signal's reason.
 */
export const settleRollout = async (options: SettleOptions): Promise<DeploymentSnapshot> => {
  const { reader, target, clock, timeoutMs, signal } = options
  const { namespace, name } = target
  const deadlineMs = clock.nowMs() + timeoutMs
  for (;;) {
    const deployment = await reader.readDeployment(namespace, name, { signal })
    if (deployment.uid !== target.uid) {
      throw new HarnessError(
        'ROLLOUT_STUCK',
        `deployment ${namespace}/${name} was created again by somebody else`,
        {
          hint: 'run again when nobody else works on it',
        },
      )
    }
    const hash = await currentTemplateHash(reader, deployment, { signal })
    const query = { namespace, labelSelector: deployment.labelSelector }
    const pods = (await reader.list('pods', query, { signal })).items.map(({ value }) => value)
    const left = pods.filter((pod) => pod.templateHash !== hash || pod.deletionAtMs !== null || !pod.ready)
    if (isRolloutComplete(deployment) && left.length === 0 && pods.length === deployment.replicas)
      return deployment
    if (clock.nowMs() > deadlineMs) {
      throw new HarnessError(
        'ROLLOUT_STUCK',
        `the rollout of ${namespace}/${name} is not over after ${Math.round(timeoutMs / 1000)} s: ${left.length} of ${pods.length} pods are old, ending or not ready`,
        { hint: 'look at its pods; rollout.timeout sets how long is waited' },
      )
    }
    await clock.sleepMs(LOOK_EVERY_MS, signal)
  }
}
