import type { RequestCounts } from '../model/events.ts'
import { FAILURE_KINDS, type FailureKind, type Outcome } from '../model/outcome.ts'
import { BUCKETS, bucketOf } from './latency-buckets.ts'
import type { WindowPart } from './window.ts'

/**
 * One worker's count of its vUsers' requests. H1: planned = started + dropped, and once nothing is in flight
 * started = ok + failed + cut.
 */
export interface Books {
  /** `lateByMs`: real − intended start. */
  started(late: boolean): void
  dropped(): void
  ended(outcome: Outcome, kind: FailureKind | null, latencyUs: number): void
  readonly inFlight: number
  counts(): RequestCounts
  /** What was counted since the last call. */
  takeWindow(): WindowPart
}

const ZERO: RequestCounts = { planned: 0, started: 0, ok: 0, failed: 0, cut: 0, dropped: 0, late: 0 }

/** Adds the books of several workers. */
export const addCounts = (all: readonly RequestCounts[]): RequestCounts =>
  all.reduce(
    (sum, one) => ({
      planned: sum.planned + one.planned,
      started: sum.started + one.started,
      ok: sum.ok + one.ok,
      failed: sum.failed + one.failed,
      cut: sum.cut + one.cut,
      dropped: sum.dropped + one.dropped,
      late: sum.late + one.late,
    }),
    ZERO,
  )

export const createBooks = (): Books => {
  let started = 0
  let ok = 0
  let failed = 0
  let cut = 0
  let dropped = 0
  let late = 0
  let before = ZERO
  let failedByKind = new Uint32Array(FAILURE_KINDS.length)
  let latency = new Uint32Array(BUCKETS)
  const kindIndex = new Map(FAILURE_KINDS.map((kind, i) => [kind, i]))
  const counts = (): RequestCounts => ({
    planned: started + dropped,
    started,
    ok,
    failed,
    cut,
    dropped,
    late,
  })
  return {
    started: (isLate) => {
      started++
      if (isLate) late++
    },
    dropped: () => {
      dropped++
    },
    ended: (outcome, kind, latencyUs) => {
      if (outcome === 'ok') ok++
      else if (outcome === 'cut') cut++
      else failed++
      if (kind !== null) {
        const i = kindIndex.get(kind) ?? 0
        failedByKind[i] = (failedByKind[i] ?? 0) + 1
      }
      const bucket = bucketOf(latencyUs)
      latency[bucket] = (latency[bucket] ?? 0) + 1
    },
    get inFlight() {
      return started - ok - failed - cut
    },
    counts,
    takeWindow: () => {
      const now = counts()
      const part: WindowPart = {
        planned: now.planned - before.planned,
        started: now.started - before.started,
        ok: now.ok - before.ok,
        failed: now.failed - before.failed,
        cut: now.cut - before.cut,
        dropped: now.dropped - before.dropped,
        late: now.late - before.late,
        inFlight: started - ok - failed - cut,
        failedByKind,
        latency,
      }
      before = now
      failedByKind = new Uint32Array(FAILURE_KINDS.length)
      latency = new Uint32Array(BUCKETS)
      return part
    },
  }
}
