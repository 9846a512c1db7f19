import { HarnessError, hasCode, messageOf } from '../kernel/errors.ts'
import type { EvictionControl, LeaseDraft, RolloutControl } from '../kube/ports.ts'
import { LEASE_HOLD_MS, LEASE_RENEW_MS } from '../model/lease.ts'
import { LEASE_CALL_MS, type LeaseOptions, microTime, takeLease } from './take-lease.ts'

/** The Lease of a Deployment while it is ours. It is renewed by itself. */
export interface HeldLease {
  readonly name: string
  /** Aborts with LEASE_LOST once it may be another's. */
  readonly lost: AbortSignal
  /**
   * Renews it now, so that nobody else can hold it for the next {@link LEASE_HOLD_MS}. Throws LEASE_LOST, or why the API
   * server could not be asked.
   */
  confirm(): Promise<void>
  /** Gives it back, so that the next run need not wait. Safe to call twice. */
  release(): Promise<void>
}

const RETRY_MS = 2_000
/** Of a write under the lease. With {@link LEASE_CALL_MS} before it, it ends before anybody else may write. */
const GUARDED_WRITE_MS = 15_000

/**
 * Takes the Lease of a Deployment (see {@link takeLease}) and keeps it:
 *
 *     0 s          10 s         20 s          30 s
 *     sent ─────── renewed ───  we stop  ───  another may take it over
 *
 * Both sides count from their own side of the same write on their own monotonic clock: the holder from before it was
 * sent, the others from after they read it.
 */
export const holdLease = async (options: LeaseOptions): Promise<HeldLease> => {
  const { leases, target, holder, clock, log } = options
  let { record, sentAtMs } = await takeLease(options)
  const { name } = record
  const loss = new AbortController()
  let queue: Promise<unknown> = Promise.resolve()
  let released: Promise<void> | null = null
  let cancelTimer = (): void => {}
  let trouble: string | null = null

  const lose = (detail: string): void => {
    cancelTimer()
    if (loss.signal.aborted) return
    loss.abort(
      new HarnessError(
        'LEASE_LOST',
        `the lease ${name} on ${target.namespace}/${target.name} was lost: ${detail}`,
        {
          hint: 'nothing more was sent to the Deployment; run again when no other run is working on it',
        },
      ),
    )
  }
  const draft = (isHeld: boolean): LeaseDraft => ({
    ...record,
    holder: isHeld ? holder : null,
    renewTime: microTime(clock.epochMs(), record.renewTime),
    owner: target,
  })

  /** After a conflict: what is there decides. True when it is still ours, and the write may be tried again. */
  const isStillOurs = async (): Promise<boolean> => {
    const found = await leases.read(target.namespace, name, { timeoutMs: LEASE_CALL_MS })
    if (found?.holder === holder) {
      record = found
      return true
    }
    lose(
      found === null
        ? 'somebody deleted it'
        : found.holder === null
          ? 'somebody gave it back'
          : `run ${found.holder} took it over`,
    )
    return false
  }

  const renew = async (): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      if (loss.signal.aborted) throw loss.signal.reason
      const atMs = clock.nowMs()
      try {
        record = await leases.write(draft(true), { timeoutMs: LEASE_CALL_MS })
        // Our time may have run out while it was on its way: what was told to be lost stays lost.
        if (loss.signal.aborted) throw loss.signal.reason
        sentAtMs = atMs
        trouble = null
        return
      } catch (error) {
        const isChanged = hasCode(error, 'KUBE_CONFLICT') || hasCode(error, 'KUBE_NOT_FOUND')
        if (!isChanged || attempt === 3 || !(await isStillOurs())) {
          if (loss.signal.aborted) throw loss.signal.reason
          trouble = messageOf(error)
          throw error
        }
      }
    }
  }
  /** One write at a time, so that none of ours conflicts with another. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work)
    queue = turn.catch(() => {})
    return turn
  }

  const plan = (): void => {
    cancelTimer()
    if (loss.signal.aborted || released !== null) return
    const leftMs = sentAtMs + LEASE_HOLD_MS - clock.nowMs()
    if (leftMs <= 0) {
      lose(`it could not be renewed for ${LEASE_HOLD_MS / 1000} s${trouble === null ? '' : `: ${trouble}`}`)
      return
    }
    const isCalm = trouble === null
    const dueMs = isCalm ? sentAtMs + LEASE_RENEW_MS - clock.nowMs() : RETRY_MS
    const cancelRenewal = clock.after(Math.max(0, Math.min(dueMs, leftMs)), () => {
      inTurn(renew)
        .catch((error: unknown) => {
          trouble = messageOf(error)
          if (!loss.signal.aborted) log.warn({ error: trouble }, `lease ${name} was not renewed`)
        })
        .finally(plan)
    })
    // A renewal that hangs must not hide that the time is up.
    const cancelEnd = clock.after(leftMs, plan)
    cancelTimer = () => {
      cancelRenewal()
      cancelEnd()
    }
  }
  plan()

  const release = async (): Promise<void> => {
    cancelTimer()
    await queue
    if (loss.signal.aborted) return
    await leases.write(draft(false), { timeoutMs: LEASE_CALL_MS })
  }
  return {
    name,
    lost: loss.signal,
    confirm: () =>
      inTurn(async () => {
        if (loss.signal.aborted) throw loss.signal.reason
        if (released !== null) throw new HarnessError('INTERNAL', `lease ${name} was given back`)
        await renew()
      }),
    release: () => {
      released ??= release()
      return released
    },
  }
}

/** The same control, with the lease renewed just before each write; dry runs go through as they are. */
export const underLease = (control: RolloutControl, lease: HeldLease): RolloutControl => ({
  patchDeployment: async (target, patch, options = {}) => {
    if (options.dryRun === true) return control.patchDeployment(target, patch, options)
    await lease.confirm()
    return control.patchDeployment(target, patch, { timeoutMs: GUARDED_WRITE_MS, ...options })
  },
})

/** The same evictions, with the lease renewed just before each. */
export const evictionsUnderLease = (evictions: EvictionControl, lease: HeldLease): EvictionControl => ({
  evict: async (pod, options = {}) => {
    await lease.confirm()
    return evictions.evict(pod, { timeoutMs: GUARDED_WRITE_MS, ...options })
  },
})
