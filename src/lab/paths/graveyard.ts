import type { Clock } from '../../kernel/clock.ts'
import type { EndpointTable } from './endpoint-table.ts'
import type { Parking } from './parking.ts'

/** Gone from all tables this long, a parked address is given back: longer than a client waits for a connect. */
const PARKED_MS = 30_000
const SWEEP_MS = 1000

/** Addresses whose pod is gone while some data path still sends there. */
export interface Graveyard {
  /** The pod's sandbox is gone. */
  bury(address: string): void
  close(): void
}

export interface GraveyardOptions {
  readonly clock: Clock
  readonly parking: Pick<Parking, 'park' | 'free'>
  readonly tables: readonly Pick<EndpointTable, 'holds'>[]
  readonly onError: (error: unknown) => void
}

/**
 * Parks the address of a pod that is gone if a path still holds it, and gives it back some time after none does.
 * Where nobody sends any more, the address just refuses.
 */
export const createGraveyard = ({ clock, parking, tables, onError }: GraveyardOptions): Graveyard => {
  /** Address → since when no table has it; `null` = some table has. */
  const buried = new Map<string, number | null>()
  const isHeld = (address: string): boolean => tables.some((table) => table.holds(address))
  const stop = clock.every(SWEEP_MS, () => {
    const nowMs = clock.nowMs()
    for (const [address, freeSinceMs] of buried) {
      if (isHeld(address)) buried.set(address, null)
      else if (freeSinceMs === null) buried.set(address, nowMs)
      else if (nowMs - freeSinceMs >= PARKED_MS) {
        buried.delete(address)
        parking.free(address)
      }
    }
  })
  return {
    bury: (address) => {
      if (!isHeld(address)) return
      buried.set(address, null)
      parking.park(address).catch(onError)
    },
    close: stop,
  }
}
