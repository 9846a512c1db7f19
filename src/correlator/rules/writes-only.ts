import { VUSER } from '../codes.ts'
import { covers } from '../interval.ts'
import { isGatewayStatus } from '../path.ts'
import type { World } from '../world.ts'
import { exitingPods } from './exiting-pods.ts'

/** Whether the run's proxy answers only failed only what it may not repeat. */
export interface MethodSplit {
  readonly proven: boolean
  readonly because: string
  isWrite(method: string): boolean
}

/** nginx never repeats these once the request was sent (ngx_http_proxy_module, proxy_next_upstream). */
const WRITES = new Set(['POST', 'LOCK', 'PATCH'])
const isWrite = (method: string): boolean => WRITES.has(method.toUpperCase())

const CACHE = new WeakMap<World, MethodSplit>()

/**
 * Proven when so few of the requests in the termination windows were writes that chance would not have picked only
 * writes: share^failures < 5 %. Computed once per world.
 */
export const writesOnly = (world: World): MethodSplit => {
  const known = CACHE.get(world)
  if (known !== undefined) return known
  const split = compute(world)
  CACHE.set(world, split)
  return split
}

const compute = (world: World): MethodSplit => {
  const answers = world.failures.filter(
    (failure) =>
      failure.kind === 'status' &&
      failure.layer !== 'app' &&
      isGatewayStatus(failure.status) &&
      covers(world.baseline.windows, failure.startMs) &&
      !world.baseline.isStartUp(failure) &&
      exitingPods(failure, world).length > 0,
  )
  const others = answers.filter((failure) => !isWrite(failure.method)).length
  if (others > 0) return { proven: false, because: `${others} other methods failed too`, isWrite }
  const methods = new Map(world.info.scenario.requests.map((template) => [template.name, template.method]))
  const writeTemplate = world.requests.strings.map((name) => isWrite(methods.get(name) ?? ''))
  let all = 0
  let writes = 0
  for (const { length, source, startUs, template } of world.requests.blocks(
    'source',
    'startUs',
    'template',
  )) {
    for (let i = 0; i < length; i++) {
      if (source[i] !== VUSER || !covers(world.baseline.windows, (startUs[i] ?? 0) / 1000)) continue
      all++
      if (writeTemplate[template[i] ?? 0] === true) writes++
    }
  }
  const share = all === 0 ? 1 : writes / all
  const proven = share < 1 && share ** answers.length < 0.05
  return { proven, because: 'too few other requests were sent to tell', isWrite }
}
