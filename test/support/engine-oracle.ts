import {
  type FaultPlan,
  type FaultServer,
  type SeenRequest,
  startFaultServer,
} from '../../src/engine/self-test/fault-server.ts'
import { GOOD_BODY, WIRE_FAULTS, type WireFault } from '../../src/engine/self-test/faults.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { seededRandom } from '../../src/kernel/random.ts'
import type { FailureKind } from '../../src/model/outcome.ts'
import { closedLoad, engineConfig, getRequest, type Row, runEngine } from './engine-runs.ts'

/** What the oracle found when it laid the server's log beside the engine's rows. */
export interface OracleReport {
  readonly injected: Readonly<Record<string, number>>
  readonly good: number
  /** Faults whose row does not say what happened. */
  readonly missed: readonly string[]
  /** Good answers whose row says they failed. */
  readonly falseFailures: readonly string[]
  /** Ids that the server read more than once: hidden retries. */
  readonly repeated: readonly string[]
  readonly started: number
  readonly failedByKind: Readonly<Partial<Record<FailureKind, number>>>
}

export interface OracleOptions {
  readonly perFault: number
  readonly good: number
  readonly vus: number
  readonly seed: number
  readonly slowMs: number
}

const fits = ({ expected }: WireFault, row: Row): boolean =>
  expected.outcomes.some((outcome) => outcome === (row.kind || row.outcome)) &&
  (expected.reused === undefined || expected.reused === row.requestsOnConnection > 0) &&
  (expected.headSeen === undefined || expected.headSeen === row.status > 0) &&
  (expected.layer === undefined || expected.layer === row.layer)

/** Faults that show on the request after the one they were put on. */
const AFTERWARDS = new Set(['idle-closed', 'bytes-after-answer'])

/** Deals each answer fault `perFault` times among `total` requests, in an order that the seed decides. */
const dealFaults = (
  faults: readonly WireFault[],
  perFault: number,
  total: number,
  seed: number,
): FaultPlan => {
  const random = seededRandom(seed)
  const left = faults.flatMap((fault) => Array.from({ length: perFault }, () => fault))
  for (let i = left.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const a = left[i]
    const b = left[j]
    if (a !== undefined && b !== undefined) [left[i], left[j]] = [b, a]
  }
  let requests = 0
  return (_path, before) => {
    // All are dealt by nine tenths of the requests: some requests are never read, after an idle close.
    const remaining = total * 0.9 - requests++
    if (random.next() >= left.length / Math.max(1, remaining)) return null
    const at = left.findLastIndex(({ expected }) => expected.reused !== true || before > 0)
    return at < 0 ? null : (left.splice(at, 1)[0] ?? null)
  }
}

const describeRow = (row: Row): string =>
  `#${row.requestId} ${row.outcome} ${row.kind} status ${row.status} after ${row.requestsOnConnection} on ${row.connectionId}, ${Math.round((row.endUs - row.startUs) / 1000)} ms`

/** Mixes every wire fault with good answers, in one run of the real engine for each place of a fault. */
export const runOracle = async (options: OracleOptions): Promise<OracleReport> => {
  const { perFault, good, vus, seed, slowMs } = options
  const answers = WIRE_FAULTS.filter(({ place }) => place === 'answer')
  const total = good + answers.length * perFault
  const log = new Map<string, SeenRequest>()
  const repeated: string[] = []
  let server: FaultServer | null = null
  const injected: Record<string, number> = {}
  const missed: string[] = []
  const falseFailures: string[] = []
  const failedByKind: Partial<Record<FailureKind, number>> = {}
  let started = 0
  let goodSeen = 0

  const run = async (
    url: string,
    runId: string,
    requests: number,
    more: { vus: number; timeoutMs: number },
  ) => {
    const config = engineConfig(url, {
      runId,
      seed,
      load: closedLoad({ requests, ...more }),
      requests: [getRequest({ expect: { status: [], bodyContains: GOOD_BODY, bodySha256: null } })],
      bodyLimitBytes: 2 * 1024 * 1024,
      limits: { stallMs: 100 },
    })
    const result = await runEngine(config)
    started += result.counts.started
    for (const row of result.rows) {
      if (row.kind !== '') {
        const kind = row.kind as FailureKind
        failedByKind[kind] = (failedByKind[kind] ?? 0) + 1
      }
    }
    return result.rows
  }

  try {
    const plan = dealFaults(answers, perFault, total, seed)
    server = await startFaultServer(plan, systemClock, (seen) => {
      if (log.has(seen.id)) repeated.push(seen.id)
      log.set(seen.id, seen)
    })
    const rows = await run(server.urlOf('answer'), 'mix', total, { vus, timeoutMs: slowMs })
    const byName = new Map(WIRE_FAULTS.map((fault) => [fault.name, fault]))
    /** Connections on which the next request may meet what a fault left behind. */
    const tainted = new Set<number>()
    for (const row of rows.toSorted((a, b) => a.startUs - b.startUs)) {
      const seen = log.get(`mix-${row.requestId}`)
      const fault = byName.get(seen?.fault ?? '')
      if (fault !== undefined) {
        injected[fault.name] = (injected[fault.name] ?? 0) + 1
        if (!fits(fault, row)) missed.push(`${fault.name}: ${describeRow(row)}`)
        if (AFTERWARDS.has(fault.name)) tainted.add(row.connectionId)
      } else if (row.outcome === 'ok' && seen !== undefined) {
        goodSeen++
      } else if (!(tainted.has(row.connectionId) && row.kind === 'closed')) {
        falseFailures.push(describeRow(row))
      }
    }
    for (const fault of WIRE_FAULTS.filter(({ place }) => place !== 'answer')) {
      const more = { vus: Math.min(vus, perFault), timeoutMs: fault.slow ? Math.min(slowMs, 500) : 5_000 }
      const failures = await run(server.urlOf(fault.place), `place-${fault.number}`, perFault, more)
      injected[fault.name] = failures.length
      for (const row of failures) if (!fits(fault, row)) missed.push(`${fault.name}: ${describeRow(row)}`)
    }
    return { injected, good: goodSeen, missed, falseFailures, repeated, started, failedByKind }
  } finally {
    await server?.close()
  }
}
