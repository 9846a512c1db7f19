import type { Clock } from '../kernel/clock.ts'
import { HarnessError } from '../kernel/errors.ts'
import type { ClusterReader, DeploymentTarget } from '../kube/ports.ts'
import type { DeploymentSnapshot, PodSnapshot } from '../model/cluster.ts'
import { isRolloutComplete, isRolloutStuck } from '../model/rollout.ts'
import { PATIENCE_MS } from './journal/context.ts'
import { patiently } from './journal/send-guarded.ts'
import { stuckReason } from './stuck.ts'

export interface WaitSettledOptions {
  readonly reader: Pick<ClusterReader, 'readDeployment' | 'list'>
  readonly target: DeploymentTarget
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

const LOOK_EVERY_MS = 500

/**
 * Waits until the last rollout of a Deployment is complete and no pod of an earlier template is left, and returns the Deployment as it
 * is then. Throws ROLLOUT_STUCK with the reason, DEPLOYMENT_REFUSED when it is another Deployment by now, the KUBE_ codes.
 */
export const waitSettled = async (options: WaitSettledOptions): Promise<DeploymentSnapshot> => {
  const { reader, target, clock, signal, timeoutMs } = options
  const { namespace, name, uid } = target
  const deadlineMs = clock.nowMs() + timeoutMs
  const patience = { clock, patienceMs: PATIENCE_MS }
  for (;;) {
    const now = await patiently(() => reader.readDeployment(namespace, name, { signal }), patience)
    if (now.uid !== uid) {
      throw new HarnessError(
        'DEPLOYMENT_REFUSED',
        `deployment ${namespace}/${name} was deleted and created again`,
        {
          hint: 'start anew when nobody re-creates it',
        },
      )
    }
    const query = { namespace, labelSelector: now.labelSelector }
    const { items } = await patiently(() => reader.list('pods', query, { signal }), patience)
    const pods = items.map(({ value }) => value)
    if (isRolloutComplete(now) && isWhole(pods, now.replicas)) return now
    const isLate = clock.nowMs() >= deadlineMs
    if (isRolloutStuck(now) || isLate) {
      const what = isLate ? `not settled after ${Math.round(timeoutMs / 1000)} s` : 'ProgressDeadlineExceeded'
      throw new HarnessError('ROLLOUT_STUCK', stuckReason(what, now, pods), {
        hint: 'mend what the reason names, then go on',
      })
    }
    await clock.sleepMs(LOOK_EVERY_MS, signal)
  }
}

/** All that are wanted are ready, and none is on its way out. */
const isWhole = (pods: readonly PodSnapshot[], replicas: number): boolean =>
  pods.every(({ deletionAtMs }) => deletionAtMs === null) &&
  pods.filter(({ ready }) => ready).length >= replicas
