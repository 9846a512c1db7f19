import { AFTERMATH_MS } from '../model/aftermath.ts'
import type { Interval } from './interval.ts'
import { lifeOf, type PodLine } from './pod-line.ts'

/** Finds pods by name, by address and by time. */
export interface PodIndex {
  readonly pods: readonly PodLine[]
  /** The pod of this name whose life the moment falls in, else the one that it comes closest to. */
  byName(name: string, atMs: number): PodLine | null
  /** The pod that had this address at that time; a gone pod keeps it until another one gets it. */
  byAddress(address: string, atMs: number): PodLine | null
  /** Pods that were ending, or had ended at most {@link AFTERMATH_MS} before, at some moment of the interval. */
  ending(exposure: Interval): readonly PodLine[]
  /** Pods whose first `youthMs` after Ready the interval touches. */
  young(exposure: Interval, youthMs: number): readonly PodLine[]
  isPodAddress(address: string): boolean
}

/** IPv4-mapped IPv6 and brackets or a port are the same address. */
const plainAddress = (address: string): string => {
  const bare = address.startsWith('[') ? address.slice(1, address.indexOf(']')) : address
  const mapped = bare.startsWith('::ffff:') ? bare.slice(7) : bare
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(mapped) ? mapped.slice(0, mapped.indexOf(':')) : mapped
}

const closest = (lines: readonly PodLine[], atMs: number): PodLine | null => {
  let best: PodLine | null = null
  let bestDistance = Number.POSITIVE_INFINITY
  for (const line of lines) {
    const life = lifeOf(line)
    const distance = atMs < life.earliest ? life.earliest - atMs : Math.max(0, atMs - life.latest)
    if (distance <= bestDistance) {
      best = line
      bestDistance = distance
    }
  }
  return best
}

/** Whether two pods certainly had the address at once (host network, port maps): then it names none. */
const isShared = (lines: readonly PodLine[]): boolean =>
  lines.some((line, i) => {
    const before = lines[i - 1]
    if (before === undefined) return false
    const begun = line.created?.latest ?? Number.POSITIVE_INFINITY
    return begun < (before.exit?.earliest ?? Number.POSITIVE_INFINITY)
  })

export const podIndex = (pods: readonly PodLine[]): PodIndex => {
  const names = Map.groupBy(pods, (line) => line.ref.name)
  const addresses = Map.groupBy(
    pods.filter((line) => line.ip !== null),
    (line) => plainAddress(line.ip ?? ''),
  )
  for (const [address, lines] of addresses) if (isShared(lines)) addresses.delete(address)
  const endings = pods
    .filter((line) => line.terminating !== null)
    .sort((a, b) => (a.terminating?.earliest ?? 0) - (b.terminating?.earliest ?? 0))
  // latestEnd[i]: the latest moment at which any of endings[0..i] still matters; lets a search stop early.
  const latestEnd: number[] = []
  for (const line of endings)
    latestEnd.push(
      Math.max(latestEnd.at(-1) ?? Number.NEGATIVE_INFINITY, (line.gone?.latest ?? 0) + AFTERMATH_MS),
    )
  const made = pods.filter((line) => line.ready !== null)
  return {
    pods,
    byName: (name, atMs) => closest(names.get(name) ?? [], atMs),
    byAddress: (address, atMs) => {
      const lines = addresses.get(plainAddress(address)) ?? []
      const begun = lines.filter((line) => (line.created?.earliest ?? Number.NEGATIVE_INFINITY) <= atMs)
      const alive = begun.filter((line) => lifeOf(line).latest >= atMs)
      return closest(alive.length > 0 ? alive : begun, atMs)
    },
    ending: (exposure) => {
      const found: PodLine[] = []
      for (let i = firstAfter(endings, exposure.latest) - 1; i >= 0; i--) {
        if ((latestEnd[i] ?? 0) < exposure.earliest) break
        const line = endings[i]
        if (line !== undefined && (line.gone?.latest ?? 0) + AFTERMATH_MS >= exposure.earliest)
          found.push(line)
      }
      return found.reverse()
    },
    young: (exposure, youthMs) =>
      made.filter(
        (line) =>
          line.ready !== null &&
          line.ready.earliest <= exposure.latest &&
          exposure.earliest <= line.ready.latest + youthMs,
      ),
    isPodAddress: (address) => addresses.has(plainAddress(address)),
  }
}

/** Index of the first pod whose termination cannot have begun by `atMs`. */
const firstAfter = (endings: readonly PodLine[], atMs: number): number => {
  let low = 0
  let high = endings.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((endings[middle]?.terminating?.earliest ?? 0) <= atMs) low = middle + 1
    else high = middle
  }
  return low
}
