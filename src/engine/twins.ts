import type { Clock } from '../kernel/clock.ts'
import { runMs, usToMs } from '../kernel/units.ts'
import type { EventDraft } from '../model/events.ts'
import type { Lane, LaneOwner } from './http-client.ts'
import { createLanePool, type LanePool } from './lane-pool.ts'
import type { Sender } from './sender.ts'

/** Most twins in flight: in an outage each may wait for its deadline. */
const MOST_IN_FLIGHT = 100

/**
 * The same request again on a fresh connection, at once after a failure, to tell a reset from an outage. At most
 * `perSec` (with as many saved up), so that a burst of failures does not double the load.
 */
export class Twins implements LaneOwner {
  private readonly sender: Sender
  private readonly clock: Clock
  private readonly perSec: number
  private readonly onFact: (draft: EventDraft) => void
  private readonly lanes: LanePool
  private readonly originals = new Map<Lane, number>()
  private tokens: number
  private filledAtMs: number

  constructor(sender: Sender, clock: Clock, perSec: number, onFact: (draft: EventDraft) => void) {
    this.sender = sender
    this.clock = clock
    this.perSec = perSec
    this.onFact = onFact
    this.lanes = createLanePool(() => sender.makeLane(this, true), MOST_IN_FLIGHT)
    this.tokens = Math.max(1, perSec)
    this.filledAtMs = clock.nowMs()
  }

  get inFlight(): number {
    return this.originals.size
  }

  /** Sends the twin of the request that `lane` has just ended, if the rate allows it. */
  follow(lane: Lane): void {
    if (this.perSec <= 0 || !this.takeToken()) return
    const twin = this.lanes.take()
    if (twin === null) return
    this.originals.set(twin, lane.requestId)
    this.sender.send(twin, lane.template, 'twin', lane.vu, -1)
  }

  finished(lane: Lane): void {
    const requestId = this.originals.get(lane)
    this.originals.delete(lane)
    const failure = this.sender.settle(lane)
    this.lanes.giveBack(lane)
    if (requestId === undefined) return
    const pod = lane.pod === '' ? null : lane.pod
    this.onFact({
      type: 'twin.finished',
      requestId,
      outcome: lane.wasCut ? 'cut' : failure === null ? 'ok' : 'failed',
      kind: failure?.kind ?? null,
      startedAtMs: runMs(usToMs(lane.startUs)),
      endedAtMs: runMs(usToMs(lane.endUs)),
      remoteAddress: lane.carrier?.remoteAddress || null,
      pod,
    })
  }

  private takeToken(): boolean {
    const nowMs = this.clock.nowMs()
    const most = Math.max(1, this.perSec)
    this.tokens = Math.min(most, this.tokens + ((nowMs - this.filledAtMs) * this.perSec) / 1000)
    this.filledAtMs = nowMs
    if (this.tokens < 1) return false
    this.tokens--
    return true
  }
}
