import type { OpenLoad } from '../model/scenario.ts'
import type { Sleeper } from './alarm-clock.ts'
import type { LoadParts } from './closed-load.ts'
import { arrivalMs, openUsersAtStart, shareOf } from './schedule.ts'
import { VirtualUser } from './virtual-user.ts'

/** What the open model reports beside its requests. */
export interface ArrivalBooks {
  /** An arrival found no free user within the cap. */
  dropped(): void
  /** All arrivals of this worker were due. */
  allDue(): void
}

/**
 * Starts this worker's share of an open load: arrival k of the whole load belongs to worker k mod workers. Arrivals
 * come on schedule, whether or not answers do. Free users are taken in turn, so that all their connections are used.
 */
export const startOpenLoad = (load: OpenLoad, parts: LoadParts, books: ArrivalBooks): void => {
  const { sender, worker, workers } = parts
  const most = shareOf(load.maxVus, worker, workers)
  const atStart = shareOf(openUsersAtStart(load.ratePerSec, load.maxVus), worker, workers)
  let free: VirtualUser[] = []
  let nextFree = 0
  let made = 0
  let arrival = worker

  const makeUser = (): VirtualUser => {
    const index = worker + made++ * workers
    const random = parts.random.fork(`vu-${index}`)
    return new VirtualUser(index, sender, load.connections, parts.pool, random, (user) => free.push(user))
  }
  const takeUser = (): VirtualUser | null => {
    if (made < atStart) return makeUser()
    const user = free[nextFree]
    if (user === undefined) return made < most ? makeUser() : null
    nextFree++
    if (nextFree > 1_024) {
      free = free.slice(nextFree)
      nextFree = 0
    }
    return user
  }

  const dueMs = (): number => parts.beginMs + arrivalMs(arrival, load.ratePerSec, load.rampUpMs)
  const isOver = (): boolean => load.requests !== null && arrival >= load.requests
  const isDue = (byMs: number): boolean => dueMs() <= byMs && dueMs() < parts.endMs
  const arrive = (): void => {
    const user = takeUser()
    if (user === null) books.dropped()
    else if (sender.mayStart()) user.fire(parts.toRunUs(dueMs()))
    arrival += workers
  }
  const sleeper: Sleeper = {
    wake: () => {
      const nowMs = parts.clock.nowMs()
      while (!isOver() && isDue(nowMs)) arrive()
      if (isOver()) books.allDue()
      else if (dueMs() < parts.endMs) parts.alarm.wakeAt(dueMs(), sleeper)
    },
  }
  if (isOver()) books.allDue()
  else parts.alarm.wakeAt(dueMs(), sleeper)
}
