import { runMs, usToMs } from '../kernel/units.ts'
import type { EventDraft } from '../model/events.ts'
import type { Failure, Source } from '../model/outcome.ts'
import type { AlarmClock, Sleeper } from './alarm-clock.ts'
import type { Lane, LaneContext, LaneOwner } from './http-client.ts'
import { createLanePool, type LanePool } from './lane-pool.ts'
import type { Sender } from './sender.ts'
import type { PreparedTemplate } from './template.ts'

/** What one probe sends, and what its results are told as. */
export interface ProbePath {
  readonly source: Extract<Source, 'fresh' | 'reused' | 'control'>
  readonly ratePerSec: number
  readonly template: PreparedTemplate
  /** `null` = the load's target. */
  readonly context: LaneContext | null
  /** A new connection for each request. */
  readonly fresh: boolean
  readonly onResult: (lane: Lane, failure: Failure | null) => void
}

/** Requests of one probe in flight at most: at 10 a second, ten deadlines of 10 s. */
const MOST_IN_FLIGHT = 1_000

/**
 * One open-model probe at a fixed rate: a request on schedule whether or not the last one was answered. Those that a
 * stall of our own held up are skipped, not sent in a burst.
 */
export class Probe implements Sleeper, LaneOwner {
  private readonly path: ProbePath
  private readonly sender: Sender
  private readonly alarm: AlarmClock
  private readonly nowMs: () => number
  private readonly lanes: LanePool
  private dueMs = 0
  private stopped: boolean = false
  inFlight = 0

  constructor(path: ProbePath, sender: Sender, alarm: AlarmClock, nowMs: () => number) {
    this.path = path
    this.sender = sender
    this.alarm = alarm
    this.nowMs = nowMs
    const create = () => sender.makeLane(this, path.fresh, path.context ?? sender.context)
    this.lanes = createLanePool(create, MOST_IN_FLIGHT)
  }

  /** `atMs` on the clock's monotonic scale. */
  begin(atMs: number): void {
    this.dueMs = atMs
    this.alarm.wakeAt(atMs, this)
  }

  stop(): void {
    this.stopped = true
  }

  wake(): void {
    if (this.stopped) return
    const lane = this.lanes.take()
    if (lane !== null) {
      this.inFlight++
      this.sender.send(lane, this.path.template, this.path.source, 0, -1)
    }
    const everyMs = 1000 / this.path.ratePerSec
    const missed = Math.floor((this.nowMs() - this.dueMs) / everyMs)
    this.dueMs += (missed + 1) * everyMs
    this.alarm.wakeAt(this.dueMs, this)
  }

  finished(lane: Lane): void {
    this.inFlight--
    const failure = this.sender.settle(lane)
    this.lanes.giveBack(lane)
    if (!lane.wasCut) this.path.onResult(lane, failure)
  }
}

/** Tells the changes of one probe path: answers that overtake one another are taken in the order of their starts. */
export const probeTransitions = (
  path: 'fresh' | 'reused',
  onFact: (draft: EventDraft) => void,
): ((lane: Lane, failure: Failure | null) => void) => {
  let failing = false
  let sinceUs = Number.NEGATIVE_INFINITY
  return (lane, failure) => {
    if (lane.startUs < sinceUs || (failure !== null) === failing) return
    failing = failure !== null
    sinceUs = lane.startUs
    const startedAtMs = runMs(usToMs(lane.startUs))
    if (failure === null) onFact({ type: 'probe.recovered', path, startedAtMs })
    else onFact({ type: 'probe.failed', path, startedAtMs, kind: failure.kind })
  }
}

/** Tells every failure of a control. */
export const controlFailures =
  (control: 'url' | 'loopback', onFact: (draft: EventDraft) => void) =>
  (lane: Lane, failure: Failure | null): void => {
    if (failure === null) return
    onFact({
      type: 'control.failed',
      control,
      startedAtMs: runMs(usToMs(lane.startUs)),
      endedAtMs: runMs(usToMs(lane.endUs)),
      kind: failure.kind,
    })
  }
