import { intersectionOf, lengthMs, unionOf } from '../interval.ts'
import { engineStalls } from '../timeline.ts'
import { type Gate, msText } from './gate.ts'

const MOST_SHARE = 0.01
/** The watch tells of a termination about this late. */
const WATCH_LAG_MS = 100

/** Stalls of threads that send. They always widen H10; only long ones, or one that hides a termination, forbid a PASS. */
export const h4: Gate = {
  id: 'H4',
  claim: 'The load generator itself did not stand still',
  inLoad: true,
  judge: ({ world, windows }) => {
    const limit = 'stalls take less than 1 % of the window and hide no termination'
    if (windows.length === 0) return { value: 'no window to look at', limit, holds: null }
    const stalls = engineStalls(world.timeline)
    const stalledMs = lengthMs(intersectionOf(unionOf(stalls), windows))
    const share = stalledMs / Math.max(1, lengthMs(windows))
    const hidden = world.timeline.pods.filter(({ terminating, sigterm, exited }) => {
      const moments = [terminating?.latest, sigterm?.earliest, exited?.latest]
      return (
        terminating !== null &&
        stalls.some((stall) =>
          moments.some((at) => at !== undefined && stall.fromMs <= at && stall.toMs >= at - WATCH_LAG_MS),
        )
      )
    })
    const names = hidden.slice(0, 3).map(({ ref }) => ref.name)
    const value = `${msText(stalledMs)} of ${msText(lengthMs(windows))} (${(share * 100).toFixed(2)} %)`
    return hidden.length > 0
      ? {
          value: `${value}; during the termination of ${names.join(', ')}${hidden.length > 3 ? ' …' : ''}`,
          limit,
          holds: false,
        }
      : { value, limit, holds: share <= MOST_SHARE }
  },
}
