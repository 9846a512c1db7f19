import { createHistogram, type LatencyHistogram } from '../../kernel/histogram.ts'
import { VUSER } from '../codes.ts'
import { covers } from '../interval.ts'
import type { GateContext } from './gate.ts'

/** Arrivals of vUsers inside the windows, but for those that were due while a valid failure was open. */
export interface Arrivals {
  readonly count: number
  /** Started later than `limits.scheduleLagMs` after they were due. */
  readonly late: number
  readonly dropped: number
  /** Due while a valid failure was open, and late. */
  readonly excused: number
  /** Due while a valid failure was open, late or not. */
  readonly dueWhileOpen: number
  /** Real − intended start, µs. */
  readonly lagUs: LatencyHistogram
}

const CACHE = new WeakMap<GateContext, Arrivals>()

/** One pass over the rows; once per context. */
export const arrivalsOf = (context: GateContext): Arrivals => {
  const known = CACHE.get(context)
  if (known !== undefined) return known
  const arrivals = compute(context)
  CACHE.set(context, arrivals)
  return arrivals
}

const compute = ({ world, windows, open }: GateContext): Arrivals => {
  const { requests, info, timeline } = world
  const limitUs = info.scenario.limits.scheduleLagMs * 1000
  const lagUs = createHistogram()
  let late = 0
  let excused = 0
  let dueWhileOpen = 0
  for (const { length, source, intendedUs: intended, startUs } of requests.blocks(
    'source',
    'intendedUs',
    'startUs',
  )) {
    for (let i = 0; i < length; i++) {
      if (source[i] !== VUSER) continue
      const intendedUs = intended[i] ?? 0
      const lag = Math.max(0, (startUs[i] ?? 0) - intendedUs)
      if (!covers(windows, intendedUs / 1000) && !covers(windows, (startUs[i] ?? 0) / 1000)) continue
      if (covers(open, intendedUs / 1000)) {
        dueWhileOpen++
        if (lag > limitUs) excused++
        continue
      }
      if (lag > limitUs) late++
      lagUs.record(lag)
    }
  }
  let dropped = 0
  let told = 0
  for (const event of timeline.events) {
    if (event.type !== 'engine.saturated') continue
    told += event.dropped
    const touches = (spans: GateContext['windows']): boolean =>
      spans.some((span) => span.fromMs <= event.atMs && span.toMs >= event.startedAtMs)
    if (!touches(windows)) continue
    if (touches(open)) excused += event.dropped
    else dropped += event.dropped
  }
  // Drops that no fact dates may have been in a window.
  const undated = Math.max(0, (timeline.ended?.counts?.dropped ?? 0) - told)
  return { count: lagUs.count, late, dropped: dropped + undated, excused, dueWhileOpen, lagUs }
}
