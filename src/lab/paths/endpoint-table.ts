import type { Clock } from '../../kernel/clock.ts'
import type { Random } from '../../kernel/random.ts'

/** One endpoint of the service, as the EndpointSlice has it. */
export interface Endpoint {
  readonly address: string
  readonly pod: string
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
}

/** What one data path knows of the endpoints: it follows the slice, late. */
export interface EndpointTable {
  readonly name: string
  /** The slice is like this now; the path will know after its propagation. */
  follow(endpoints: readonly Endpoint[]): void
  readonly endpoints: readonly Endpoint[]
  /** Whether the path may still send new connections to this address, or will when it learns what is on its way. */
  holds(address: string): boolean
  close(): void
}

export interface EndpointTableOptions {
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly propagationMs: number
  /** Each change takes propagationMs ± this, uniformly, seeded. A later change never overtakes an earlier one. */
  readonly jitterMs: number
  readonly onChange?: (endpoints: readonly Endpoint[]) => void
}

export const createEndpointTable = (options: EndpointTableOptions): EndpointTable => {
  const { clock, random } = options
  let current: readonly Endpoint[] = []
  const pending: (readonly Endpoint[])[] = []
  let lastDueMs = 0
  const cancels = new Set<() => void>()

  return {
    name: options.name,
    follow: (endpoints) => {
      const lagMs = Math.max(0, options.propagationMs + (random.next() * 2 - 1) * options.jitterMs)
      const nowMs = clock.nowMs()
      const dueMs = Math.max(lastDueMs, nowMs + lagMs)
      lastDueMs = dueMs
      pending.push(endpoints)
      const cancel = clock.after(dueMs - nowMs, () => {
        cancels.delete(cancel)
        current = pending.shift() ?? current
        options.onChange?.(current)
      })
      cancels.add(cancel)
    },
    get endpoints() {
      return current
    },
    holds: (address) => [current, ...pending].some((list) => usable(list).some((e) => e.address === address)),
    close: () => {
      for (const cancel of cancels) cancel()
    },
  }
}

/**
 * Endpoints that a new connection may go to, as kube-proxy picks them (KEP-1669): the ready ones; when there is
 * none, those that are serving and terminating; else none.
 */
export const usable = (endpoints: readonly Endpoint[]): readonly Endpoint[] => {
  const ready = endpoints.filter((endpoint) => endpoint.ready)
  return ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating)
}

/** One endpoint for a new connection, at random as kube-proxy's iptables mode picks it; `null` = there is none. */
export const pickEndpoint = (endpoints: readonly Endpoint[], random: Random): Endpoint | null => {
  const candidates = usable(endpoints)
  return candidates[random.below(candidates.length)] ?? null
}
