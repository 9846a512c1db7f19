import type { PodLine } from '../pod-line.ts'
import type { World } from '../world.ts'
import { only } from './ending-pods.ts'
import { youngPods } from './new-pods.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** Warm-up is over after this. */
const WARM_UP_MS = 120_000
/** Young answers must be so many times slower than those of pods that have warmed up, and so many ms. */
const TIMES = 3
const AT_LEAST_MS = 100

/** Whether the pod's answers in its youth were much slower than the run's; needs identity or direct addresses. */
const wasCold = (line: PodLine, world: World): boolean => {
  const young = world.traffic.get(line.ref.uid)?.youngUs.valueAtUs(90)
  const usualMs = matureMs(world)
  if (young === undefined || young === null || usualMs === null) return false
  return young / 1000 >= TIMES * usualMs && young / 1000 >= usualMs + AT_LEAST_MS
}

/** Median over pods of the p90 of their answers once they were warm. */
const matureMs = (world: World): number | null => {
  const values = [...world.traffic.values()]
    .flatMap(({ matureUs }) => (matureUs.count >= 5 ? (matureUs.valueAtUs(90) ?? []) : []))
    .sort((a, b) => a - b)
  const middle = values[Math.floor(values.length / 2)]
  return middle === undefined ? (world.rows.okMs?.p50 ?? null) : middle / 1000
}

/** istio/istio#21228, projectcontour/contour#2296, civitai/civitai#2193. */
export const c2: Rule = {
  id: 'C2',
  title: 'A new pod gets full load while it is still cold',
  fix: 'Warm up before Ready, raise minReadySeconds, or let the load balancer start slowly.',
  group: 'cause',
  judge: (failure, world) => {
    const silent = failure.kind === 'timeout'
    const proxied = failure.kind === 'status' && failure.layer !== 'app' && failure.status === 504
    if (!silent && !proxied) return null
    const young = youngPods(failure, world, WARM_UP_MS)
    if (young.length === 0) return ruledOut('no new pod was in its first two minutes')
    const cold = young.filter((line) => wasCold(line, world))
    if (cold.length === 0) return ruledOut('the new pods answered as fast as the others')
    const known = world.podOf(failure) !== null
    return suspects(
      known ? 0.85 : 0.6,
      [failure.seq, ...cold.slice(0, 3).flatMap((line) => [line.started?.seq, line.ready?.seq])],
      { pod: only(cold) },
    )
  },
}
