import type { RequestRows } from '../model/request-rows.ts'
import { VUSER } from './codes.ts'
import type { FailureCase } from './failure-case.ts'
import { covers, type Span, unionOf } from './interval.ts'
import type { Timeline } from './timeline.ts'

/** Failures alike on the wire, and how often they came where no pod ended, and where one did. */
export interface Signature {
  /** Before the first restart was asked for. */
  readonly before: number
  /** After it, inside the windows of pod terminations, and outside. */
  readonly inside: number
  readonly outside: number
  /** Idle times of those before (in `load`: of all), ms, ascending. */
  readonly idleMs: readonly number[]
  /** seq of up to 5 request.failed facts before. */
  readonly seqs: readonly number[]
}

export interface BaselineFacts {
  /** When the first restart was asked for; `null` = never. */
  readonly untilMs: number | null
  /** vUser requests started before, and inside the windows of pod terminations. */
  readonly startedBefore: number
  readonly startedInside: number
  /** From the start of a termination until its news must have spread (gone + 3 s). */
  readonly windows: readonly Span[]
  of(failure: FailureCase): Signature
  /** A pod without a readiness probe had just become Ready and had not answered yet: no sign of what is usual. */
  isStartUp(failure: FailureCase): boolean
}

const AFTER_GONE_MS = 3000

const keyOf = (failure: FailureCase): string =>
  `${failure.kind} ${failure.status ?? ''} ${failure.layer ?? ''} ${failure.fresh ? 'fresh' : 'reused'}`

export const terminationWindows = (timeline: Timeline): Span[] =>
  timeline.pods.flatMap((line) =>
    line.terminating === null
      ? []
      : [
          {
            fromMs: line.terminating.earliest,
            toMs: Math.min(timeline.endMs, (line.gone?.latest ?? timeline.endMs) + AFTER_GONE_MS),
          },
        ],
  )

export const baselineFacts = (
  requests: RequestRows,
  timeline: Timeline,
  failures: readonly FailureCase[],
  isStartUp: (failure: FailureCase) => boolean,
): BaselineFacts => {
  const untilMs = timeline.rollouts[0]?.requestedAtMs ?? null
  const windows = unionOf(terminationWindows(timeline))
  let startedBefore = 0
  let startedInside = 0
  for (const { length, source, startUs } of requests.blocks('source', 'startUs')) {
    for (let i = 0; i < length; i++) {
      if (source[i] !== VUSER) continue
      const startMs = (startUs[i] ?? 0) / 1000
      if (untilMs !== null && startMs < untilMs) startedBefore++
      else if (covers(windows, startMs)) startedInside++
    }
  }
  const signatures = new Map<string, Signature>()
  for (const [key, group] of Map.groupBy(failures, keyOf)) {
    const before =
      untilMs === null ? [] : group.filter((failure) => failure.startMs < untilMs && !isStartUp(failure))
    const after = untilMs === null ? group : group.filter((failure) => failure.startMs >= untilMs)
    const inside = after.filter(
      (failure) => covers(windows, failure.startMs) || covers(windows, failure.endMs),
    )
    signatures.set(key, {
      before: before.length,
      inside: inside.length,
      outside: after.length - inside.length,
      idleMs: (untilMs === null ? group : before)
        .flatMap((failure) => failure.idleMs ?? [])
        .sort((a, b) => a - b),
      seqs: before.flatMap((failure) => failure.seq ?? []).slice(0, 5),
    })
  }
  const none: Signature = { before: 0, inside: 0, outside: 0, idleMs: [], seqs: [] }
  return {
    untilMs,
    startedBefore,
    startedInside,
    windows,
    isStartUp,
    of: (failure) => signatures.get(keyOf(failure)) ?? none,
  }
}
