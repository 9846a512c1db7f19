import type { Random } from '../kernel/random.ts'
import type { Failure, Source } from '../model/outcome.ts'
import type { Lane, LaneContext, LaneOwner } from './http-client.ts'
import type { PreparedTemplate } from './template.ts'

/** What users and probes need of the thread they live in. */
export interface Sender {
  /** The target's; probes may have another. */
  readonly context: LaneContext
  /** µs since the run started. */
  nowUs(): number
  pickTemplate(random: Random): PreparedTemplate
  makeLane(owner: LaneOwner, fresh: boolean, context?: LaneContext): Lane
  /** `intendedUs` −1 = now. */
  send(lane: Lane, template: PreparedTemplate, source: Source, vu: number, intendedUs: number): void
  /** Records and counts what a lane has just ended. `null` = it did not fail (ok, or cut). */
  settle(lane: Lane): Failure | null
  /** Whether one more request of a vUser may start now; takes it from those left. `false` also ends the load. */
  mayStart(): boolean
}
