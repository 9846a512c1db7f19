import { HarnessError, hasCode, messageOf } from '../kernel/errors.ts'
import type { Phase } from '../model/phase.ts'
import { type ChoreographyTools, performOnce } from './choreography/perform.ts'
import { endDueMs, restartDueMs } from './plan.ts'
import type { RolloutContext } from './roll-once.ts'

export interface RunRolloutsOptions extends RolloutContext {
  /** The run lasts at least this long; `null` = the rollouts decide. */
  readonly durationMs: number | null
  /** For choreographies beside the plain restart. */
  readonly tools?: ChoreographyTools
  /** Told before anything else of a phase happens. `rollout` from 1; `null` in baseline and recovery. */
  readonly enterPhase: (phase: Phase, rollout: number | null) => void
}

export interface RolloutsResult {
  readonly outcome: 'completed' | 'stuck' | 'aborted'
  /** Restarts that completed and whose old pods have all gone. */
  readonly completed: number
  /** Whether a restart was sent: from then on the cluster is no longer as it was found. */
  readonly wroteToCluster: boolean
  /** Why it did not complete; `null` when it did. */
  readonly reason: string | null
  /** The error behind `stuck`, when there is one: its code tells what kind of trouble it was. */
  readonly error: HarnessError | null
}

/**
 * Runs the phases of a run under load, from the moment of the call:
 *
 *     baseline ─► N × ( rollout: restart ─ complete ─ old pods gone ─► settle ) ─► recovery ─► returns
 *
 * Every step is a fact. A rollout that gets stuck ends the run with `rollout.stuck` and its reason; errors of the API are
 * such reasons, too. Never throws but for our own bugs.
 */
export const runRollouts = async (options: RunRolloutsOptions): Promise<RolloutsResult> => {
  const { plan, durationMs, view, sink, enterPhase, clock, signal } = options
  const startMs = clock.nowMs()
  const reach = (dueMs: number): Promise<void> =>
    clock.sleepMs(Math.max(0, startMs + dueMs - clock.nowMs()), signal)
  let completed = 0
  let wroteToCluster = false
  let rolling: number | null = null
  try {
    enterPhase('baseline', null)
    for (let index = 1; index <= plan.restarts; index++) {
      await reach(restartDueMs(plan, durationMs, index))
      rolling = index
      enterPhase('rollout', index)
      view.rolling(true)
      await performOnce(index, {
        ...options,
        tools: options.tools ?? {},
        onSend: () => {
          wroteToCluster = true
        },
      })
      rolling = null
      completed = index
      enterPhase('settle', index)
      await clock.sleepMs(plan.settleMs, signal)
    }
    view.rolling(false)
    enterPhase('recovery', null)
    await reach(endDueMs(plan, durationMs, clock.nowMs() - startMs))
    return { outcome: 'completed', completed, wroteToCluster, reason: null, error: null }
  } catch (thrown) {
    view.rolling(false)
    const reason = messageOf(thrown)
    // That something was left changed must be told, whatever ended the run.
    if (signal.aborted && !hasCode(thrown, 'NOT_RESTORED'))
      return { outcome: 'aborted', completed, wroteToCluster, reason, error: null }
    if (!(thrown instanceof HarnessError)) throw thrown
    sink({ type: 'rollout.stuck', index: rolling ?? completed + 1, reason })
    return { outcome: 'stuck', completed, wroteToCluster, reason, error: thrown }
  }
}
