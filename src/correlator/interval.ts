/** A moment that is known only within bounds, both in ms since run start. An open end is ±Infinity. */
export interface Interval {
  readonly earliest: number
  readonly latest: number
}

/** Whether the two may be the same moment, or the spans touch. Overlapping moments have no order. */
export const overlaps = (a: Interval, b: Interval): boolean =>
  a.earliest <= b.latest && b.earliest <= a.latest

/** `interval`, longer by so many ms at each end. */
export const widened = (interval: Interval, beforeMs: number, afterMs: number): Interval => ({
  earliest: interval.earliest - beforeMs,
  latest: interval.latest + afterMs,
})

/** A plain span of time, from ≤ to, in ms since run start. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** The spans as few, sorted, disjoint ones. */
export const unionOf = (spans: readonly Span[]): Span[] => {
  const sorted = spans
    .filter((span) => span.toMs > span.fromMs)
    .toSorted((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs)
  const merged: { fromMs: number; toMs: number }[] = []
  for (const span of sorted) {
    const last = merged.at(-1)
    if (last !== undefined && span.fromMs <= last.toMs) last.toMs = Math.max(last.toMs, span.toMs)
    else merged.push({ fromMs: span.fromMs, toMs: span.toMs })
  }
  return merged
}

/** What two unions (as {@link unionOf} returns them) have in common. */
export const intersectionOf = (a: readonly Span[], b: readonly Span[]): Span[] => {
  const common: Span[] = []
  let i = 0
  let j = 0
  for (;;) {
    const x = a[i]
    const y = b[j]
    if (x === undefined || y === undefined) return common
    const fromMs = Math.max(x.fromMs, y.fromMs)
    const toMs = Math.min(x.toMs, y.toMs)
    if (toMs > fromMs) common.push({ fromMs, toMs })
    if (x.toMs < y.toMs) i++
    else j++
  }
}

export const lengthMs = (spans: readonly Span[]): number =>
  spans.reduce((sum, span) => sum + span.toMs - span.fromMs, 0)

/** Whether `atMs` lies in one of `spans` (a union, sorted and disjoint). Binary search. */
export const covers = (spans: readonly Span[], atMs: number): boolean => {
  let low = 0
  let high = spans.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const span = spans[middle]
    if (span === undefined) return false
    if (atMs < span.fromMs) high = middle - 1
    else if (atMs > span.toMs) low = middle + 1
    else return true
  }
  return false
}
