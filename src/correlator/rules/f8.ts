import { OK, VUSER } from '../codes.ts'
import { servingAt } from '../endpoint-counts.ts'
import type { World } from '../world.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** All users that failed within this time failed at once. */
const AT_ONCE_MS = 2000
const PINNED_FOR_MS = 5000
const ENOUGH = 20

const isLoopback = (address: string): boolean => /^(127\.|::1$|::ffff:127\.|localhost$)/.test(address)

const CACHE = new WeakMap<World, Map<number, boolean>>()

/**
 * Whether every good answer in the time before came from one pod. Computed once for each moment: those who fail at once ask
 * for the same one, and the answer is a pass over all rows.
 */
const pinnedBefore = (world: World, atMs: number): boolean => {
  const known = CACHE.get(world) ?? new Map<number, boolean>()
  CACHE.set(world, known)
  const pinned = known.get(atMs) ?? isPinned(world, atMs)
  known.set(atMs, pinned)
  return pinned
}

const isPinned = (world: World, atMs: number): boolean => {
  const pods = new Set<number>()
  let answers = 0
  for (const { length, startUs, outcome, source, pod } of world.requests.blocks(
    'startUs',
    'outcome',
    'source',
    'pod',
  )) {
    for (let i = 0; i < length; i++) {
      const startMs = (startUs[i] ?? 0) / 1000
      if (startMs < atMs - PINNED_FOR_MS || startMs >= atMs || outcome[i] !== OK) continue
      if (source[i] !== VUSER || pod[i] === 0) continue
      answers++
      pods.add(pod[i] ?? 0)
      if (pods.size > 1) return false
    }
  }
  return answers >= ENOUGH
}

/** `kubectl port-forward` leads to one pod, whatever the Service says, and ends with it. */
export const f8: Rule = {
  id: 'F8',
  title: 'The target is reached through a port-forward that is pinned to one pod and dies with it',
  fix: 'Send the load through the Service, a NodePort or the ingress; `kubectl port-forward` is not the path that users take.',
  group: 'harness',
  judge: (failure, world) => {
    if (world.path.direct || failure.family === 'answer' || world.timeline.pods.length === 0) return null
    const { strings } = world.requests
    if (
      world.rows.addresses.length === 0 ||
      !world.rows.addresses.every((code) => isLoopback(strings[code] ?? ''))
    )
      return null
    const near = world.failures.filter((other) => Math.abs(other.startMs - failure.startMs) <= AT_ONCE_MS)
    const vus = world.info.scenario.load.model === 'closed' ? world.info.scenario.load.vus : 0
    const struck = new Set(near.map((other) => other.vu)).size
    if (vus < 2 || struck < 0.8 * vus) return ruledOut('only some of the vUsers failed')
    const first = Math.min(...near.map((other) => other.startMs))
    if (!pinnedBefore(world, first)) return ruledOut('several pods had answered before')
    if ((servingAt(world.timeline, first - 1000)?.possible ?? 0) < 2) return null
    return suspects(0.85, [failure.seq])
  },
}
