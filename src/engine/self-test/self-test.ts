import { type Clock, systemClock } from '../../kernel/clock.ts'
import type { EventDraft } from '../../model/events.ts'
import type { RequestColumns } from '../../model/request-columns.ts'
import type { EngineConfig } from '../engine-config.ts'
import { createLoadGenerator } from '../load-generator.ts'
import { allocateShared, sharedState } from '../messages.ts'
import { startFaultServer } from './fault-server.ts'
import { GOOD_BODY, WIRE_FAULTS, type WireFault } from './faults.ts'
import { judgeRows, type RowOutcome, rowOutcomes } from './judge.ts'

/** The fact `engine.self-tested`: how many of the known faults the engine saw for what they are. */
export interface SelfTestResult {
  readonly found: number
  readonly of: number
  /** Name of each fault that was missed, and what was seen instead. */
  readonly missed: readonly string[]
}

export interface SelfTestOptions {
  readonly clock?: Clock
  /** Deadline of the faults that end by one. */
  readonly slowMs?: number
}

const SLOW_MS = 400
/** Deadline of the others: never reached unless something is wrong. */
const PLENTY_MS = 3_000
const BODY_LIMIT_BYTES = 8 * 1024 * 1024

const configFor = (fault: WireFault, url: string, startedAtMs: number, slowMs: number): EngineConfig => ({
  runId: `self-test-${fault.number}`,
  startedAtUs: startedAtMs * 1000,
  target: {
    url,
    podHeader: 'X-Pod',
    control: null,
    resolver: null,
    requestIdHeader: 'X-Request-Id',
    insecure: false,
  },
  load: {
    model: 'closed',
    vus: 1,
    paceMs: 0,
    thinkMs: 0,
    durationMs: null,
    requests: fault.requests,
    connections: { kind: 'keep-alive' },
    timeoutMs: fault.slow ? slowMs : PLENTY_MS,
    idleTimeoutMs: 60_000,
    rampUpMs: 0,
  },
  requests: [
    {
      name: fault.name,
      weight: 1,
      method: 'GET',
      path: `/${fault.name}`,
      headers: {},
      body: null,
      expect: { status: [], bodyContains: fault.name === 'wrong-body' ? GOOD_BODY : null, bodySha256: null },
      timeoutMs: null,
    },
  ],
  probes: { freshPerSec: 0, reusedPerSec: 0, controlPerSec: 0, twinPerSec: 0 },
  limits: { scheduleLagMs: 1_000, stallMs: 250, lateArrivals: 0 },
  seed: fault.number,
  phase: 'self-test',
  bodyLimitBytes: BODY_LIMIT_BYTES,
})

/** Runs one fault through a load generator of its own, and returns its rows in the order of their ends. */
const runFault = (config: EngineConfig, clock: Clock): Promise<readonly RowOutcome[]> =>
  new Promise((resolve, reject) => {
    const chunks: RequestColumns[] = []
    const facts: EventDraft[] = []
    const shared = sharedState(allocateShared(config.load.requests), true)
    shared.enter('self-test', null)
    createLoadGenerator(
      { config, worker: 0, workers: 1, shared, clock },
      {
        onFact: (draft) => facts.push(draft),
        onColumns: (columns) => chunks.push(columns),
        onWindow: () => {},
        onFinished: () => resolve(chunks.flatMap(rowOutcomes)),
        onBug: reject,
      },
    ).then((generator) => generator.begin(clock.nowMs() * 1000), reject)
  })

/**
 * H6: sends the engine's own load generator against a built-in faulty server on loopback, all 24 wire faults at once,
 * and tells which it did not see for what they are. Takes about as long as `slowMs`; touches nothing but loopback.
 */
export const selfTest = async (options: SelfTestOptions = {}): Promise<SelfTestResult> => {
  const clock = options.clock ?? systemClock
  const byPath = new Map(WIRE_FAULTS.map((fault) => [`/${fault.name}`, fault]))
  const server = await startFaultServer((path) => byPath.get(path) ?? null, clock)
  try {
    const verdicts = await Promise.all(
      WIRE_FAULTS.map(async (fault) => {
        const url = server.urlOf(fault.place)
        const config = configFor(fault, url, clock.nowMs(), options.slowMs ?? SLOW_MS)
        return judgeRows(fault, await runFault(config, clock))
      }),
    )
    const missed = verdicts.filter((verdict) => verdict !== null)
    return { found: WIRE_FAULTS.length - missed.length, of: WIRE_FAULTS.length, missed }
  } finally {
    await server.close()
  }
}
