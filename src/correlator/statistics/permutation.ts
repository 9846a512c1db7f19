import type { Random } from '../../kernel/random.ts'
import { covers, lengthMs, type Span, unionOf } from '../interval.ts'

export interface ChanceTest {
  /** Share of rounds in which chance did as well: (1 + as good) / (1 + rounds) (Phipson and Smyth 2010). */
  readonly p: number
  /** Windows that hold at least one point. */
  readonly hit: number
  readonly windows: number
}

const ROUNDS = 999

const hits = (windows: readonly Span[], points: readonly number[]): number =>
  windows.filter((window) => firstAtOrAfter(points, window.fromMs) <= window.toMs).length

const firstAtOrAfter = (sorted: readonly number[], fromMs: number): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < fromMs) low = middle + 1
    else high = middle
  }
  return sorted[low] ?? Number.POSITIVE_INFINITY
}

/**
 * Whether `points` (moments, ms) keep closer to `windows` than chance would. The unit is the window (a pod's
 * termination), not the point: failures come in clusters, so a test over points would find anything significant.
 * Statistic: points inside the union of the windows, then windows that hold one; null model: the windows are moved
 * round the run, each by a time of its own. `null` when there are no points or windows, or when the windows cover more
 * than half of the run, where the test says nothing.
 */
export const permutationTest = (
  windows: readonly Span[],
  points: readonly number[],
  spanMs: number,
  random: Random,
): ChanceTest | null => {
  const sorted = points.toSorted((a, b) => a - b)
  const all = unionOf(windows)
  if (sorted.length === 0 || windows.length === 0 || spanMs <= 0 || lengthMs(all) > spanMs / 2) return null
  const inside = sorted.filter((point) => covers(all, point)).length
  const hit = hits(windows, sorted)
  let asGood = 0
  for (let round = 0; round < ROUNDS; round++) {
    const moved = windows.flatMap((window) => move(window, random.next() * spanMs, spanMs))
    const union = unionOf(moved)
    if (sorted.filter((point) => covers(union, point)).length >= inside) asGood++
  }
  return { p: (1 + asGood) / (1 + ROUNDS), hit, windows: windows.length }
}

/** The window, moved on by `byMs` round a circle of `spanMs`; cut in two where it crosses the end. */
const move = (window: Span, byMs: number, spanMs: number): Span[] => {
  const long = Math.min(spanMs, window.toMs - window.fromMs)
  const fromMs = (((window.fromMs + byMs) % spanMs) + spanMs) % spanMs
  const toMs = fromMs + long
  return toMs <= spanMs
    ? [{ fromMs, toMs }]
    : [
        { fromMs, toMs: spanMs },
        { fromMs: 0, toMs: toMs - spanMs },
      ]
}
