import type { Clock } from '../kernel/clock.ts'
import { HarnessError, hasCode, messageOf } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { ClusterReader, ClusterView, DeploymentTarget, RolloutControl } from '../kube/ports.ts'
import type { DeploymentSnapshot } from '../model/cluster.ts'
import { restartedAtOf, restartedAtValue, restartPatch } from './patch.ts'

export interface RestartOptions {
  readonly target: DeploymentTarget
  readonly reader: ClusterReader
  readonly control: RolloutControl
  readonly view: ClusterView
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

export interface Restart {
  /** Value of the annotation, unique to this restart. */
  readonly restartedAt: string
  /** The Deployment's generation since. */
  readonly generation: number
}

/** After an unknown outcome: how long the API server is asked whether the patch was applied. */
const READ_BACK_MS = 60_000
const READ_BACK_EVERY_MS = 500
const SENDS = 2

/** Whether a write with this error may have happened all the same: nobody said no. */
const isOutcomeUnknown = (error: unknown): boolean =>
  hasCode(error, 'KUBE_UNREACHABLE') || hasCode(error, 'KUBE_SERVER') || hasCode(error, 'KUBE_PROTOCOL')

const notApplied = (message: string, hint: string, cause?: unknown): HarnessError =>
  new HarnessError('ROLLOUT_NOT_APPLIED', message, { hint, ...(cause === undefined ? {} : { cause }) })

/** That the answer shows our restart: its annotation, and a new generation. Throws ROLLOUT_NOT_APPLIED. */
const confirm = (before: DeploymentSnapshot, after: DeploymentSnapshot, restartedAt: string): Restart => {
  const shown = restartedAtOf(after)
  if (shown !== restartedAt) {
    throw notApplied(
      `the restart of ${after.namespace}/${after.name} was accepted, but its annotation reads ${shown ?? 'nothing'}`,
      'an admission webhook or another program changes this Deployment; stop it for the time of the run',
    )
  }
  if (after.generation <= before.generation) {
    throw notApplied(
      `the restart of ${after.namespace}/${after.name} changed nothing: its generation is still ${after.generation}`,
      'another restart came at the same moment',
    )
  }
  return { restartedAt, generation: after.generation }
}

/** Reads the Deployment until the API server answers, to see what became of a patch. */
const readBack = async (options: RestartOptions, cause: unknown): Promise<DeploymentSnapshot> => {
  const { reader, target, clock, signal } = options
  const deadlineMs = clock.nowMs() + READ_BACK_MS
  for (;;) {
    try {
      return await reader.readDeployment(target.namespace, target.name, { signal })
    } catch (error) {
      if (!isOutcomeUnknown(error) && !hasCode(error, 'KUBE_THROTTLED')) throw error
      if (clock.nowMs() > deadlineMs) {
        throw notApplied(
          `it is not known whether the restart of ${target.namespace}/${target.name} was applied: ${messageOf(cause)}`,
          'the API server did not answer for a minute; look at the Deployment before the next run',
          cause,
        )
      }
      await clock.sleepMs(READ_BACK_EVERY_MS, signal)
    }
  }
}

/**
 * Restarts the Deployment once, as `kubectl rollout restart` does. When the outcome of the patch is unknown (time-out,
 * 5xx), the Deployment is read: what is there decides, and only a patch that was not applied is sent again, with the same
 * value, so that a late first one makes no second rollout. Throws ROLLOUT_NOT_APPLIED and the KUBE_ codes.
 */
export const restartDeployment = async (options: RestartOptions): Promise<Restart> => {
  const { reader, control, target, view, clock, log, signal } = options
  const before = await reader.readDeployment(target.namespace, target.name, { signal })
  if (before.uid !== target.uid) {
    throw notApplied(
      `${target.namespace}/${target.name} was deleted and created again since the run began`,
      'start a new run when nobody re-creates it',
    )
  }
  if (before.paused) {
    throw notApplied(
      `${target.namespace}/${target.name} was paused since the run began`,
      `resume it: kubectl -n ${target.namespace} rollout resume deployment/${target.name}`,
    )
  }
  const restartedAt = restartedAtValue(clock.epochMs(), restartedAtOf(before))
  view.expectRestart(restartedAt)
  for (let send = 1; ; send++) {
    try {
      // Not cut short by an abort: a patch on its way must be known to have come or not.
      const after = await control.patchDeployment(target, restartPatch(target, restartedAt))
      return confirm(before, after, restartedAt)
    } catch (error) {
      if (!isOutcomeUnknown(error)) throw error
      log.warn({ error: messageOf(error) }, 'outcome of the restart unknown, reading back')
      const found = await readBack(options, error)
      if (found.uid === target.uid && restartedAtOf(found) === restartedAt) {
        return confirm(before, found, restartedAt)
      }
      if (send >= SENDS || found.generation !== before.generation || found.uid !== target.uid) {
        throw notApplied(
          `the restart of ${target.namespace}/${target.name} was not applied: ${messageOf(error)}`,
          'try again when the API server is well and nobody else changes the Deployment',
          error,
        )
      }
    }
  }
}
