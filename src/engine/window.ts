import { FAILURE_KINDS, type FailureKind } from '../model/outcome.ts'
import type { EngineWindow } from './engine-config.ts'
import { BUCKETS, percentileUs } from './latency-buckets.ts'

/** What one worker counted since its last part. */
export interface WindowPart {
  readonly planned: number
  readonly started: number
  readonly ok: number
  readonly failed: number
  readonly cut: number
  readonly dropped: number
  readonly late: number
  readonly inFlight: number
  /** By index of FAILURE_KINDS. */
  readonly failedByKind: Uint32Array
  readonly latency: Uint32Array
}

const SUMMED = ['planned', 'started', 'ok', 'failed', 'cut', 'dropped', 'late'] as const

/**
 * Folds the parts of all workers into one window. `plannedPerSec` null = as fast as possible, so that the plan
 * is what was started. `inFlight` is what there is at the end of the span: parts of one worker must not add theirs up.
 */
export const foldWindow = (
  parts: readonly WindowPart[],
  span: {
    readonly atMs: number
    readonly durationMs: number
    readonly plannedPerSec: number | null
    readonly inFlight: number
  },
): EngineWindow => {
  const sums: Record<(typeof SUMMED)[number], number> = {
    planned: 0,
    started: 0,
    ok: 0,
    failed: 0,
    cut: 0,
    dropped: 0,
    late: 0,
  }
  const latency = new Uint32Array(BUCKETS)
  const failedByKind: Partial<Record<FailureKind, number>> = {}
  for (const part of parts) {
    for (const key of SUMMED) sums[key] += part[key]
    for (let i = 0; i < BUCKETS; i++) latency[i] = (latency[i] ?? 0) + (part.latency[i] ?? 0)
    FAILURE_KINDS.forEach((kind, i) => {
      const count = part.failedByKind[i] ?? 0
      if (count > 0) failedByKind[kind] = (failedByKind[kind] ?? 0) + count
    })
  }
  const achievedPerSec = span.durationMs > 0 ? (sums.started * 1000) / span.durationMs : 0
  return {
    ...sums,
    inFlight: span.inFlight,
    atMs: span.atMs,
    durationMs: span.durationMs,
    failedByKind,
    achievedPerSec,
    plannedPerSec: span.plannedPerSec ?? achievedPerSec,
    p50Us: percentileUs(latency, 0.5),
    p99Us: percentileUs(latency, 0.99),
  }
}
