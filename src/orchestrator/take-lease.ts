import type { Clock } from '../kernel/clock.ts'
import { HarnessError, hasCode } from '../kernel/errors.ts'
import type { Logger } from '../kernel/logger.ts'
import type { DeploymentTarget, LeaseDraft, LeaseRecord, LeaseStore } from '../kube/ports.ts'
import { LEASE_SECONDS, leaseNameOf } from '../model/lease.ts'
import { isOutcomeUnknown } from './outcome-unknown.ts'

export interface LeaseOptions {
  readonly leases: LeaseStore
  readonly target: DeploymentTarget
  /** holderIdentity: the run id. */
  readonly holder: string
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

/** A Lease that is ours. */
export interface TakenLease {
  readonly record: LeaseRecord
  /** When the write that made it ours was sent, ms of `Clock.nowMs()`: nobody can have seen it earlier. */
  readonly sentAtMs: number
}

/** Since when, on our own clock, the Lease has looked like this; `pulse` null = nobody held it. */
interface Sighting {
  readonly pulse: string | null
  readonly atMs: number
}

/** For one call. With {@link LEASE_HOLD_MS} and the limit of a guarded write it stays below {@link LEASE_SECONDS}. */
export const LEASE_CALL_MS = 5_000
const LOOK_EVERY_MS = 1_000
const ATTEMPTS = 5

/** metav1.MicroTime: six digits, no fewer. Never `previous`, or a renewal would change nothing. */
export const microTime = (epochMs: number, previous: string | null): string => {
  const text = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z')
  return text(epochMs) === previous ? text(epochMs + 1) : text(epochMs)
}

/** What a holder changes when it renews. Equal = not renewed in between. */
const pulseOf = ({ holder, acquireTime, renewTime, transitions }: LeaseRecord): string =>
  JSON.stringify([holder, acquireTime, renewTime, transitions])

/** The draft that makes the Lease ours; `found` is what there is. */
const claim = ({ target, holder, clock }: LeaseOptions, found: LeaseRecord | null): LeaseDraft => {
  const now = microTime(clock.epochMs(), found?.renewTime ?? null)
  return {
    namespace: target.namespace,
    name: leaseNameOf(target.name),
    resourceVersion: found?.resourceVersion ?? null,
    holder,
    durationSeconds: LEASE_SECONDS,
    acquireTime: now,
    renewTime: now,
    transitions: (found?.transitions ?? -1) + 1,
    owner: target,
  }
}

const held = (target: DeploymentTarget, { name, holder, renewTime }: LeaseRecord): HarnessError =>
  new HarnessError(
    'LEASE_HELD',
    `run ${holder ?? ''} is working on deployment ${target.namespace}/${target.name}: it holds lease ${name}, renewed ${renewTime ?? 'just now'} by its clock; nothing was changed`,
    { hint: 'wait for that run to end, or stop it' },
  )

/**
 * Takes the Lease of a Deployment, as client-go's leader election does: a free one at once; one that another holder has
 * not renewed while we watched it for its whole duration on our own monotonic clock (the clocks of two machines are never
 * compared); always on the condition that it is as we read it. Throws LEASE_HELD as soon as the other is seen to
 * live, the KUBE_ codes, and the signal's reason.
 */
export const takeLease = async (options: LeaseOptions): Promise<TakenLease> => {
  const { leases, target, holder, clock, log, signal } = options
  const name = leaseNameOf(target.name)
  let seen: Sighting | null = null
  let sentAtMs: number | null = null
  for (let attempt = 1; ; ) {
    const found = await leases.read(target.namespace, name, { signal, timeoutMs: LEASE_CALL_MS })
    if (found?.holder === holder && sentAtMs !== null) return { record: found, sentAtMs }
    const isFree = found === null || found.holder === null
    const pulse = isFree ? null : pulseOf(found)
    if (!isFree && seen !== null && seen.pulse !== pulse) throw held(target, found)
    if (seen === null || seen.pulse !== pulse) seen = { pulse, atMs: clock.nowMs() }
    const durationMs = Math.max(1, found?.durationSeconds ?? LEASE_SECONDS) * 1000
    const leftMs = isFree ? 0 : seen.atMs + durationMs - clock.nowMs()
    if (leftMs > 0) {
      if (leftMs === durationMs)
        log.warn({ holder: found?.holder }, `lease ${name} is held: watching whether its holder still lives`)
      await clock.sleepMs(Math.min(LOOK_EVERY_MS, leftMs), signal)
      continue
    }
    signal.throwIfAborted()
    try {
      sentAtMs = clock.nowMs()
      const record = await leases.write(claim(options, found), { timeoutMs: LEASE_CALL_MS })
      return { record, sentAtMs }
    } catch (error) {
      // Another was first, or nobody knows: look again. Not for ever, when it is always so.
      const isOpen =
        hasCode(error, 'KUBE_CONFLICT') || hasCode(error, 'KUBE_NOT_FOUND') || isOutcomeUnknown(error)
      if (!isOpen || ++attempt > ATTEMPTS) throw error
    }
  }
}
