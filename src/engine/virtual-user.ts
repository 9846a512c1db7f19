import type { Random } from '../kernel/random.ts'
import type { ConnectionProfile } from '../model/scenario.ts'
import type { Lane, LaneOwner } from './http-client.ts'
import type { LanePool } from './lane-pool.ts'
import type { Sender } from './sender.ts'

/**
 * One user: a connection of its own (or the pool's, or a new one each time) and one request at a time. When a request
 * ends, `onFree` decides what comes next; it is called in the turn of the answer.
 */
export class VirtualUser implements LaneOwner {
  readonly index: number
  private readonly sender: Sender
  private readonly profile: ConnectionProfile
  private readonly pool: LanePool
  private readonly random: Random
  private readonly onFree: (user: VirtualUser, failed: boolean) => void
  private keptLane: Lane | null = null
  private freshLane: Lane | null = null

  constructor(
    index: number,
    sender: Sender,
    profile: ConnectionProfile,
    pool: LanePool,
    random: Random,
    onFree: (user: VirtualUser, failed: boolean) => void,
  ) {
    this.index = index
    this.sender = sender
    this.profile = profile
    this.pool = pool
    this.random = random
    this.onFree = onFree
  }

  /** Sends one request of a template picked by weight. `intendedUs` −1 = now. */
  fire(intendedUs: number): void {
    const template = this.sender.pickTemplate(this.random)
    this.sender.send(this.lane(), template, 'vuser', this.index, intendedUs)
  }

  finished(lane: Lane): void {
    const failure = this.sender.settle(lane)
    if (this.profile.kind === 'pool') this.pool.giveBack(lane)
    this.onFree(this, failure !== null)
  }

  private lane(): Lane {
    const { profile } = this
    if (profile.kind === 'pool') {
      const pooled = this.pool.take()
      if (pooled !== null) {
        pooled.owner = this
        return pooled
      }
    }
    const fresh =
      profile.kind === 'fresh' || (profile.kind === 'mixed' && this.random.next() < profile.freshRatio)
    if (fresh) {
      this.freshLane ??= this.sender.makeLane(this, true)
      return this.freshLane
    }
    this.keptLane ??= this.sender.makeLane(this, false)
    return this.keptLane
  }
}
