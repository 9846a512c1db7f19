import type { Clock } from '../kernel/clock.ts'
import { seededRandom } from '../kernel/random.ts'
import { createTimerWheel } from '../kernel/timer-wheel.ts'
import { runMs, usToMs } from '../kernel/units.ts'
import type { EventDraft, RequestCounts } from '../model/events.ts'
import { type Failure, isOwnFault, SOURCES } from '../model/outcome.ts'
import type { RequestColumns } from '../model/request-columns.ts'
import { createAlarmClock } from './alarm-clock.ts'
import { createBooks } from './books.ts'
import { startClosedLoad } from './closed-load.ts'
import { dialTargetOf } from './dial.ts'
import { startEchoServer } from './echo-server.ts'
import { CHUNK_MS, DEFAULT_BODY_LIMIT_BYTES, type EngineConfig } from './engine-config.ts'
import { failureOf, requestFacts } from './failure.ts'
import { Lane, type LaneContext, type LaneOwner } from './http-client.ts'
import { createLanePool } from './lane-pool.ts'
import { type Stall, watchLoop } from './loop-watch.ts'
import type { SharedState } from './messages.ts'
import { createNameLookup } from './name-lookup.ts'
import { startOpenLoad } from './open-load.ts'
import { planProbes } from './probe-plan.ts'
import { createRecorder } from './recorder.ts'
import type { Sender } from './sender.ts'
import { prepareTemplate, weightedPicker } from './template.ts'
import { Twins } from './twins.ts'
import type { WindowPart } from './window.ts'

export interface GeneratorSetup {
  readonly config: EngineConfig
  readonly worker: number
  readonly workers: number
  readonly shared: SharedState
  readonly clock: Clock
}

export interface GeneratorHooks {
  readonly onFact: (draft: EventDraft) => void
  readonly onColumns: (columns: RequestColumns) => void
  readonly onWindow: (part: WindowPart) => void
  /** Last call: all rows and facts were handed over. */
  readonly onFinished: (counts: RequestCounts) => void
  /** A bug of ours, caught where the HTTP client would have swallowed it. */
  readonly onBug: (error: unknown) => void
}

/** One thread's part of the engine. All of it runs on the event loop of the thread that calls. */
export interface LoadGenerator {
  /** Starts the load at `beginAtUs` of `process.hrtime`, the same for all threads of an engine. */
  begin(beginAtUs: number): void
  /** No new requests; what is in flight after `graceMs` is cut. */
  stop(graceMs: number): void
}

const WINDOW_MS = 1_000
const STALLS_KEPT = 64
const SOURCE_INDEX = Object.fromEntries(SOURCES.map((source, i) => [source, i])) as Record<
  (typeof SOURCES)[number],
  number
>

/** Throws SCENARIO_INVALID for a target or template that cannot be sent. */
export const createLoadGenerator = async (
  setup: GeneratorSetup,
  hooks: GeneratorHooks,
): Promise<LoadGenerator> => {
  const { config, worker, workers, shared, clock } = setup
  const { target, load, probes, limits } = config
  const thread = `engine-${worker}`
  /** Whole µs since the run started. */
  const toRunUs = (clockMs: number): number => Math.round(clockMs * 1000 - config.startedAtUs)
  const nowUs = (): number => toRunUs(clock.nowMs())
  const random = seededRandom(config.seed).fork(thread)

  const templates = config.requests.map((one) => prepareTemplate(one, target, load.timeoutMs))
  const pick = weightedPicker(
    templates,
    config.requests.map(({ weight }) => weight),
  )
  const first = pick(random)
  const echo = worker === 0 && probes.controlPerSec > 0 ? await startEchoServer() : null

  const wheel = createTimerWheel(clock)
  const alarm = createAlarmClock(clock)
  const recorder = createRecorder(worker, hooks.onColumns)
  const books = createBooks()
  const lanes = new Set<Lane>()
  const lateUs = limits.scheduleLagMs * 1000
  // Ids of all threads interleave, so that they are unique without asking one another.
  let requests = 0
  let connections = 0
  let closing = false
  let stopped = false
  let finished = false

  // ---- stalls of this thread

  const stalls: Stall[] = []
  const onStall = (stall: Stall): void => {
    stalls.push(stall)
    if (stalls.length > STALLS_KEPT) stalls.shift()
    const startedAtMs = runMs(usToMs(toRunUs(stall.startedAtMs)))
    hooks.onFact({ type: 'loop.stalled', thread, startedAtMs, durationMs: stall.durationMs })
  }
  const stalledMsSince = (sinceUs: number): number => {
    let sumMs = 0
    for (const { startedAtMs, durationMs } of stalls) {
      const endMs = startedAtMs + durationMs
      const fromMs = Math.max(startedAtMs, (sinceUs + config.startedAtUs) / 1000)
      if (endMs > fromMs) sumMs += endMs - fromMs
    }
    return sumMs
  }

  // ---- lanes

  const contextFor = (url: string): LaneContext => ({
    target: dialTargetOf(url, target.insecure),
    origin: new URL(url).origin,
    names: createNameLookup(target.resolver, clock, random.fork('names')),
    wheel,
    nowUs,
    nextConnectionId: () => 1 + worker + workers * connections++,
    idPrefix: `${config.runId}-`,
    requestIdHeader: target.requestIdHeader?.toLowerCase() ?? null,
    podHeader: target.podHeader.toLowerCase(),
    idleTimeoutMs: load.idleTimeoutMs,
    bodyLimitBytes: config.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES,
    stalledMsSince,
    onBug: hooks.onBug,
  })
  const context = contextFor(target.url)

  const settle = (lane: Lane): Failure | null => {
    const failure = lane.wasCut ? null : failureOf(lane)
    const outcome = lane.wasCut ? 'cut' : failure === null ? 'ok' : 'failed'
    recorder.write(lane, outcome, failure?.kind ?? null)
    if (lane.source === SOURCE_INDEX.vuser) {
      books.ended(outcome, failure?.kind ?? null, lane.endUs - lane.startUs)
      if (failure !== null) {
        hooks.onFact({ type: 'request.failed', failure, ...requestFacts(lane, worker) })
        if (!stopped && !isOwnFault(failure.kind)) twins.follow(lane)
      }
    }
    if (closing) checkEnd()
    return failure
  }

  const sender: Sender = {
    context,
    nowUs,
    pickTemplate: pick,
    makeLane: (owner, fresh, other) => {
      const lane = new Lane(other ?? context, first, owner, fresh)
      lanes.add(lane)
      return lane
    },
    send: (lane, template, source, vu, intendedUs) => {
      if (source === 'vuser') books.started(intendedUs >= 0 && nowUs() - intendedUs > lateUs)
      const requestId = 1 + worker + workers * requests++
      lane.send(template, requestId, SOURCE_INDEX[source], vu, shared.phaseTag, intendedUs)
    },
    settle,
    mayStart: () => {
      if (closing) return false
      if (shared.takeRequest()) return true
      close()
      return false
    },
  }
  const twins = new Twins(sender, clock, probes.twinPerSec / workers, hooks.onFact)
  const probing =
    worker === 0 ? planProbes(config, { sender, alarm, clock, contextFor, echo, onFact: hooks.onFact }) : []

  // ---- the second's window, the rows' flush

  let windowStartMs = clock.nowMs()
  const takeWindow = (): void => {
    const part = books.takeWindow()
    if (part.late > 0 || part.dropped > 0) {
      hooks.onFact({
        type: 'engine.saturated',
        startedAtMs: runMs(usToMs(toRunUs(windowStartMs))),
        detail: `${thread}: ${part.late} late and ${part.dropped} dropped of ${part.planned} planned requests`,
        late: part.late,
        dropped: part.dropped,
      })
    }
    windowStartMs = clock.nowMs()
    hooks.onWindow(part)
  }
  const timers = [
    watchLoop(clock, limits.stallMs, onStall),
    clock.every(WINDOW_MS, takeWindow),
    clock.every(CHUNK_MS, recorder.flush),
  ]

  // ---- the end

  const close = (): void => {
    if (closing) return
    closing = true
    for (const probe of probing) probe.stop()
    alarm.clear()
    checkEnd()
  }
  const cutAll = (): void => {
    for (const lane of lanes) lane.cut()
  }
  const checkEnd = (): void => {
    if (finished || books.inFlight > 0 || twins.inFlight > 0) return
    if (probing.some((probe) => probe.inFlight > 0)) return
    finished = true
    // Not in this turn: the HTTP client is still ending the last request.
    timers.push(clock.after(0, finish))
  }
  const finish = (): void => {
    for (const cancel of timers) cancel()
    takeWindow()
    recorder.flush()
    wheel.close()
    echo?.close()
    const closed = [...lanes].map((lane) => lane.close())
    Promise.all(closed).then(() => hooks.onFinished(books.counts()), hooks.onBug)
  }

  return {
    begin: (beginAtUs) => {
      const beginMs = beginAtUs / 1000
      const pool = createLanePool(() => sender.makeLane(NOBODY, false))
      const endMs = beginMs + (load.durationMs ?? Number.POSITIVE_INFINITY)
      const parts = { sender, clock, alarm, pool, random, worker, workers, beginMs, endMs, toRunUs }
      probing.forEach((probe, i) => {
        // Spread over a second's tenth, so that the probes do not always start together.
        probe.begin(beginMs + i * 7)
      })
      // On the alarm clock: what was due before is woken first, however late that is.
      if (load.durationMs !== null) alarm.wakeAt(endMs, { wake: close })
      if (load.model === 'closed') startClosedLoad(load, parts)
      else startOpenLoad(load, parts, { dropped: books.dropped, allDue: close })
    },
    stop: (graceMs) => {
      stopped = true
      close()
      if (!finished) timers.push(clock.after(graceMs, cutAll))
    },
  }
}

const NOBODY: LaneOwner = { finished: () => {} }
