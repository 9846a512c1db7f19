import type { Clock } from '../kernel/clock.ts'
import { HarnessError, hasCode, messageOf } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { ClusterReader, ClusterView, DeploymentTarget, RolloutControl } from '../kube/ports.ts'
import type { DeploymentSnapshot } from '../model/cluster.ts'
import { isOutcomeUnknown } from './outcome-unknown.ts'
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

/** How long an API server that is away is waited for, before a patch and after one whose outcome is unknown. */
const READ_MS = 60_000
const READ_EVERY_MS = 500
const SENDS = 2

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

/** Reads the Deployment, again and again while the API server is away. Throws `gaveUp`'s error after a minute of that. */
const readPatiently = async (
  { reader, target, clock, signal }: RestartOptions,
  gaveUp: (last: unknown) => HarnessError,
): Promise<DeploymentSnapshot> => {
  const deadlineMs = clock.nowMs() + READ_MS
  for (;;) {
    try {
      return await reader.readDeployment(target.namespace, target.name, { signal })
    } catch (error) {
      if (!isOutcomeUnknown(error) && !hasCode(error, 'KUBE_THROTTLED')) throw error
      if (clock.nowMs() > deadlineMs) throw gaveUp(error)
      await clock.sleepMs(READ_EVERY_MS, signal)
    }
  }
}

/** To see what became of a patch whose answer did not come. */
const readBack = (options: RestartOptions, cause: unknown): Promise<DeploymentSnapshot> =>
  readPatiently(options, () =>
    notApplied(
      `it is not known whether the restart of ${options.target.namespace}/${options.target.name} was applied: ${messageOf(cause)}`,
      'the API server did not answer for a minute; look at the Deployment before the next run',
      cause,
    ),
  )

/**
 * Restarts the Deployment once, as `kubectl rollout restart` does. An API server that is away is waited for, for a minute.
 * When the outcome of the patch is unknown (time-out, 5xx), the Deployment is read: what is there decides, and only a patch
 * that was not applied is sent again, with the same value, so that a late first one makes no second rollout. Throws ROLLOUT_NOT_APPLIED and the KUBE_ codes.
 */
export const restartDeployment = async (options: RestartOptions): Promise<Restart> => {
  const { control, target, view, clock, log } = options
  const before = await readPatiently(options, (last) =>
    notApplied(
      `the restart of ${target.namespace}/${target.name} was not sent: ${messageOf(last)}`,
      'the API server did not answer for a minute; run again when it is well',
      last,
    ),
  )
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
