import type { Random } from '../../kernel/random.ts'
import type { DrainCurve, DrainCurvePoint, FailureVerdict } from '../../model/finding.ts'
import { nextSumIntervals } from '../statistics/next-run.ts'
import { subjectOf } from '../subject.ts'
import type { World } from '../world.ts'
import { type PodArrivals, podArrivals } from './pod-arrivals.ts'

/** preStop values of the curve, s. */
export const CURVE_SECONDS = [0, 1, 2, 5, 10, 15, 30] as const

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

const laterThan = ({ arrivals }: PodArrivals, ms: number): number =>
  arrivals.reduce((sum, { sinceMs, weight }) => (sinceMs > ms ? sum + weight : sum), 0)

const validityOf = (world: World, pods: readonly PodArrivals[]): string[] => {
  const { path, info } = world
  const direct = path.direct ? ', whose addresses are the pods’ own' : ''
  return [
    `For this load (${subjectOf(info).load}) and path (${path.leg === 'unknown' ? 'not known' : path.leg.toUpperCase()}${direct}), over as many pod terminations as this run had (${pods.length}).`,
    path.leg === 'l7'
      ? 'Behind a proxy: what it would send to the ending pod. A proxy that tries another pod hides part of it from its clients.'
      : 'New connections only: a kept-alive connection never leaves an ending pod by itself; it needs `Connection: close`, not a longer preStop.',
    'The model: the pod listens until preStop is over and not a moment longer. An app that keeps accepting after SIGTERM fails fewer; one that drops what it has begun fails those requests as well.',
  ]
}

/**
 * The failures that this run would have had at other values of preStop: a request that came `t` after its pod's
 * termination had begun fails at preStop x if and only if x < t. Beyond `support` nothing was seen: there the curve only
 * keeps to what it cannot exceed, since it never rises. Intervals are for another run with as many pod terminations.
 * `null` when no pod ended, or when no request can be matched to a pod.
 */
export const drainCurve = (
  world: World,
  verdicts: readonly FailureVerdict[],
  random: Random,
): DrainCurve | null => {
  if (!world.rows.hasIdentity && !world.path.direct) return null
  const pods = podArrivals(world, verdicts)
  if (pods.length === 0) return null
  const support = Math.floor(Math.min(...pods.map(({ seenForMs }) => seenForMs)) / 10) / 100
  const late = pods.map((pod) => CURVE_SECONDS.map((x) => laterThan(pod, x * 1000)))
  const intervals = nextSumIntervals(late, CURVE_SECONDS.length, random)
  const points: DrainCurvePoint[] = []
  for (const [i, x] of CURVE_SECONDS.entries()) {
    const before = points.at(-1)
    const extrapolated = x > support
    const high = intervals[i]?.high ?? 0
    points.push({
      preStopSeconds: x,
      expected: round(
        late.reduce((sum, values) => sum + (values[i] ?? 0), 0),
        2,
      ),
      low: extrapolated ? 0 : round(intervals[i]?.low ?? 0, 2),
      high: round(before === undefined ? high : extrapolated ? before.high : Math.min(high, before.high), 2),
      extrapolated,
      reused: pods.reduce((sum, { reusedMs }) => sum + reusedMs.filter((ms) => ms > x * 1000).length, 0),
    })
  }
  return { support, terminations: pods.length, points, validity: validityOf(world, pods) }
}
