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
  /** Breaks it off: it then throws the signal's reason. */
  readonly signal?: AbortSignal
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

interface Missed {
  readonly fault: WireFault
  /** What was seen instead. */
  readonly seen: string
}

/** Runs these faults all at once; returns those that were not seen for what they are. */
const runFaults = async (
  faults: readonly Missed[],
  server: Awaited<ReturnType<typeof startFaultServer>>,
  clock: Clock,
  slowMs: number,
): Promise<readonly Missed[]> => {
  const verdicts = await Promise.all(
    faults.map(async ({ fault }) => {
      const config = configFor(fault, server.urlOf(fault.place), clock.nowMs(), slowMs)
      return { fault, seen: judgeRows(fault, await runFault(config, clock)) }
    }),
  )
  return verdicts.flatMap(({ fault, seen }) => (seen === null ? [] : [{ fault, seen }]))
}

/**
 * H6: sends the engine's own load generator against a built-in faulty server on loopback, all 24 wire faults at once,
 * and tells which it did not see for what they are. Takes about as long as `slowMs`; touches nothing but loopback.
 * What was missed is tried again with longer deadlines: on a starved machine the faulty server itself is late, and a
 * head that comes after the deadline is no fault of the engine's.
 */
export const selfTest = async (options: SelfTestOptions = {}): Promise<SelfTestResult> => {
  const clock = options.clock ?? systemClock
  const byPath = new Map(WIRE_FAULTS.map((fault) => [`/${fault.name}`, fault]))
  const { signal } = options
  signal?.throwIfAborted()
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  aborted.catch(() => {})
  const server = await startFaultServer((path) => byPath.get(path) ?? null, clock)
  try {
    const slowMs = options.slowMs ?? SLOW_MS
    let missed: readonly Missed[] = WIRE_FAULTS.map((fault) => ({ fault, seen: '' }))
    for (const deadlineMs of [slowMs, slowMs * 4, slowMs * 10]) {
      // What is left of an abandoned round ends with its server, at its own deadlines at the latest.
      missed = await Promise.race([runFaults(missed, server, clock, deadlineMs), aborted])
      if (missed.length === 0) break
    }
    return {
      found: WIRE_FAULTS.length - missed.length,
      of: WIRE_FAULTS.length,
      missed: missed.map(({ seen }) => seen),
    }
  } finally {
    await server.close()
  }
}
