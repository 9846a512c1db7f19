import type { World } from '../world.ts'
import { type Rule, ruledOut, suspects } from './rule.ts'

/** An endpoint change makes the proxy reload within this time. */
const RELOAD_MS = 5000
const MANY = 2

/** seq of the endpoint facts shortly before. */
const changesBefore = (world: World, atMs: number): number[] =>
  world.timeline.pods
    .flatMap((line) => line.endpoint)
    .filter((state) => state.earliest <= atMs && state.latest >= atMs - RELOAD_MS)
    .map((state) => state.seq)
    .sort((a, b) => a - b)
    .slice(-5)

export const d2: Rule = {
  id: 'D2',
  title: "The proxy reloads and closes its clients' idle connections",
  fix: 'Let the proxy take new endpoints without a reload, or give its old workers a shutdown time-out and `Connection: close`.',
  group: 'cause',
  judge: (failure, world) => {
    const cut = failure.kind === 'reset' || failure.kind === 'closed'
    if (!cut || failure.firstByteMs !== null || failure.fresh || world.legOf(failure) !== 'l7') return null
    const changes = changesBefore(world, failure.endMs)
    if (changes.length === 0) return ruledOut('no endpoint had changed shortly before')
    const burst = world.burstOf(failure)
    const together = (burst?.connections ?? 0) >= MANY && (burst?.vus ?? 0) >= MANY
    const renewed = world.reconnects.between(failure.endMs - 300, failure.endMs + 1500)
    const usual = (world.rows.fresh / Math.max(1, world.timeline.endMs)) * 1800
    const surge = renewed >= 5 && renewed >= 3 * usual && world.rows.reused > world.rows.fresh
    if (!together && !surge) return ruledOut('only this connection closed at that instant')
    return suspects(together && surge ? 0.9 : 0.75, [failure.seq, ...changes])
  },
}
