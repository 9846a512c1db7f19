import { type Clock, onNextPoll } from '../kernel/clock.ts'
import type { Random } from '../kernel/random.ts'
import type { ClosedLoad } from '../model/scenario.ts'
import type { AlarmClock, Sleeper } from './alarm-clock.ts'
import type { LanePool } from './lane-pool.ts'
import { firstStartMs, nextSlotMs } from './schedule.ts'
import type { Sender } from './sender.ts'
import { VirtualUser } from './virtual-user.ts'

/** What a load of either model is started with. */
export interface LoadParts {
  readonly sender: Sender
  readonly clock: Clock
  readonly alarm: AlarmClock
  readonly pool: LanePool
  readonly random: Random
  readonly worker: number
  readonly workers: number
  /** Begin of the load on the clock's monotonic scale. */
  readonly beginMs: number
  /** What is due from then on is not started; infinite without a duration. Same scale. */
  readonly endMs: number
  /** µs since the run started, of a moment on the clock's scale. */
  readonly toRunUs: (clockMs: number) => number
}

/** A closed user: the next request waits for the answer to the last, and for the pace or the think time. */
class ClosedUser implements Sleeper {
  private readonly load: ClosedLoad
  private readonly parts: LoadParts
  private readonly user: VirtualUser
  private readonly firstMs: number
  /** Grid point of the last start, ms since the load began. */
  private slotMs: number
  private dueMs: number

  constructor(index: number, load: ClosedLoad, parts: LoadParts) {
    this.load = load
    this.parts = parts
    this.firstMs = firstStartMs(index, load.vus, load.rampUpMs, load.paceMs)
    this.slotMs = this.firstMs
    this.dueMs = parts.beginMs + this.firstMs
    this.user = new VirtualUser(
      index,
      parts.sender,
      load.connections,
      parts.pool,
      parts.random.fork(`vu-${index}`),
      (_user, failed) => this.free(failed),
    )
  }

  begin(): void {
    this.parts.alarm.wakeAt(this.dueMs, this)
  }

  wake(): void {
    if (this.dueMs >= this.parts.endMs) return
    const { paceMs, thinkMs, rampUpMs } = this.load
    // Users that never pause have no schedule to be late for: they start as soon as they can.
    const isScheduled = paceMs > 0 || thinkMs > 0 || rampUpMs > 0
    if (this.parts.sender.mayStart()) this.user.fire(isScheduled ? this.parts.toRunUs(this.dueMs) : -1)
  }

  private free(failed: boolean): void {
    const { paceMs, thinkMs } = this.load
    if (paceMs === 0 && thinkMs === 0) {
      this.atOnce(failed)
      return
    }
    const nowMs = this.parts.clock.nowMs() - this.parts.beginMs
    const nextMs = Math.max(this.slotMs + paceMs, nowMs + thinkMs)
    if (nextMs <= nowMs) {
      // The answer took longer than the pace: the user is late by its model, not by our fault.
      this.slotMs = nextSlotMs(this.firstMs, paceMs, nowMs) - paceMs
      this.atOnce(failed)
      return
    }
    this.slotMs = thinkMs > 0 ? nextMs : this.slotMs + paceMs
    this.dueMs = this.parts.beginMs + nextMs
    this.parts.alarm.wakeAt(this.dueMs, this)
  }

  /** After a failure one loop turn lies between, so that failures that cost no waiting cannot starve the sockets. */
  private atOnce(failed: boolean): void {
    if (failed) onNextPoll(this.fireNow)
    else this.fireNow()
  }

  private readonly fireNow = (): void => {
    if (this.parts.sender.mayStart()) this.user.fire(-1)
  }
}

/** Starts this worker's share of the closed users. */
export const startClosedLoad = (load: ClosedLoad, parts: LoadParts): void => {
  for (let index = parts.worker; index < load.vus; index += parts.workers) {
    new ClosedUser(index, load, parts).begin()
  }
}
