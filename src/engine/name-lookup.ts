import { lookup as machineLookup, Resolver } from 'node:dns'
import { isIP } from 'node:net'
import type { Clock } from '../kernel/clock.ts'
import type { Random } from '../kernel/random.ts'

export type OnAddress = (error: Error | null, address: string) => void

/** Names to addresses, one look-up for each new connection. Answers may come in the same turn. */
export interface NameLookup {
  find(host: string, onAddress: OnAddress): void
}

/** The machine's own resolution gives no TTL: its answer is kept this long, so that 300 reconnects ask once. */
const MACHINE_TTL_MS = 1_000

interface Known {
  readonly addresses: readonly string[]
  readonly untilMs: number
}

/** Keeps answers for their TTL, and picks one of several addresses by chance, as clients behind a resolver do. */
const caching = (
  clock: Clock,
  random: Random,
  ask: (
    host: string,
    onAnswer: (error: Error | null, addresses: readonly string[], ttlMs: number) => void,
  ) => void,
): NameLookup => {
  const known = new Map<string, Known>()
  const pick = (addresses: readonly string[]): string =>
    addresses[addresses.length === 1 ? 0 : random.below(addresses.length)] ?? ''
  return {
    find: (host, onAddress) => {
      if (isIP(host) !== 0) {
        onAddress(null, host)
        return
      }
      const hit = known.get(host)
      if (hit !== undefined && hit.untilMs > clock.nowMs()) {
        onAddress(null, pick(hit.addresses))
        return
      }
      ask(host, (error, addresses, ttlMs) => {
        if (error !== null) {
          onAddress(error, '')
          return
        }
        if (ttlMs > 0) known.set(host, { addresses, untilMs: clock.nowMs() + ttlMs })
        else known.delete(host)
        onAddress(null, pick(addresses))
      })
    },
  }
}

const noAddress = (host: string): Error =>
  Object.assign(new Error(`no address for ${host}`), { code: 'ENOTFOUND', syscall: 'queryA' })

/**
 * Asks one DNS server (`IP:PORT`) for A, then for AAAA records. TTL 0 means a fresh question for each connection.
 * Search domains of the machine are not applied: names are taken as they are.
 */
const byResolver = (server: string, clock: Clock, random: Random): NameLookup => {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  resolver.setServers([server])
  return caching(clock, random, (host, onAnswer) => {
    resolver.resolve4(host, { ttl: true }, (error, records) => {
      if (error === null && records.length > 0) {
        onAnswer(
          null,
          records.map(({ address }) => address),
          Math.min(...records.map(({ ttl }) => ttl)) * 1000,
        )
        return
      }
      if (error !== null && error.code !== 'ENODATA') {
        onAnswer(error, [], 0)
        return
      }
      resolver.resolve6(host, { ttl: true }, (error6, records6) => {
        if (error6 !== null) onAnswer(error6, [], 0)
        else if (records6.length === 0) onAnswer(noAddress(host), [], 0)
        else
          onAnswer(
            null,
            records6.map(({ address }) => address),
            Math.min(...records6.map(({ ttl }) => ttl)) * 1000,
          )
      })
    })
  })
}

/** The machine's resolution (getaddrinfo: hosts file, search domains). IPv4 where there is any. */
const byMachine = (clock: Clock, random: Random): NameLookup => {
  const waiting = new Map<
    string,
    ((error: Error | null, addresses: readonly string[], ttlMs: number) => void)[]
  >()
  return caching(clock, random, (host, onAnswer) => {
    const others = waiting.get(host)
    if (others !== undefined) {
      others.push(onAnswer)
      return
    }
    const all = [onAnswer]
    waiting.set(host, all)
    machineLookup(host, { all: true, order: 'ipv4first' }, (error, found) => {
      waiting.delete(host)
      const family = error === null ? found[0]?.family : undefined
      const addresses =
        error === null ? found.filter((one) => one.family === family).map((one) => one.address) : []
      const failed = error ?? (addresses.length === 0 ? noAddress(host) : null)
      for (const answer of all) answer(failed, addresses, MACHINE_TTL_MS)
    })
  })
}

/** `resolver` is a DNS server `IP:PORT`; `null` = the machine's resolution. */
export const createNameLookup = (resolver: string | null, clock: Clock, random: Random): NameLookup =>
  resolver === null ? byMachine(clock, random) : byResolver(resolver, clock, random)
