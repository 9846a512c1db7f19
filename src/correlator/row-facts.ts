import { PHASES } from '../model/phase.ts'
import type { RequestRows } from '../model/request-rows.ts'
import { CONTROL_PROBE, CUT, FAILED, FRESH_PROBE, OK, REUSED_PROBE, VUSER } from './codes.ts'
import { percentile } from './statistics/percentile.ts'

/** Sums over all rows that need no knowledge of the cluster. Counts are of source `vuser` unless the name says so. */
export interface RowFacts {
  readonly started: number
  readonly ok: number
  readonly failed: number
  readonly cut: number
  readonly control: number
  readonly probes: number
  /** End of the last request of any source, ms. */
  readonly lastEndMs: number
  /** Start of the last vUser request, ms. */
  readonly lastStartMs: number
  /** Connect times of fresh connections of all sources, ms, p50 and p95; `null` without any. */
  readonly roundTripMs: { readonly p50: number; readonly p95: number } | null
  /** Latency of good answers, ms: those of the baseline where there are enough, else all. */
  readonly okMs: {
    readonly p5: number
    readonly p50: number
    readonly p90: number
    readonly p999: number
  } | null
  /** Idle time before good answers on reused connections, ms. */
  readonly okIdleMs: { readonly p10: number; readonly p90: number; readonly max: number } | null
  /** Whether any answer named its pod. */
  readonly hasIdentity: boolean
  /** How many pods answered on one connection: `several` proves a proxy in between. */
  readonly answersPerConnection: {
    readonly several: number
    readonly onePod: number
    readonly answers: number
  }
  /** Codes of the pods that answered, into `strings`. */
  readonly answeringPods: readonly number[]
  readonly addresses: readonly number[]
  /** Requests on fresh connections, and on used ones. */
  readonly fresh: number
  readonly reused: number
}

/** At most so many values are kept for a percentile; beyond, every k-th by request id, so that order plays no part. */
const SAMPLE = 200_000

/** Fewer answers than this make no baseline. */
const ENOUGH = 200
const BASELINE = PHASES.indexOf('baseline')

const sampleEvery = (length: number): number => Math.max(1, Math.ceil(length / SAMPLE))

const FACT_COLUMNS = [
  'requestId',
  'source',
  'worker',
  'phase',
  'startUs',
  'connectedUs',
  'endUs',
  'outcome',
  'connectionId',
  'requestsOnConnection',
  'idleUs',
  'remoteAddress',
  'pod',
] as const

/** One pass over the rows; independent of their order. */
export const rowFacts = (requests: RequestRows): RowFacts => {
  const every = sampleEvery(requests.length)
  const connects: number[] = []
  const latencies: number[] = []
  const calm: number[] = []
  const idles: number[] = []
  const podOfConnection = new Map<number, number>()
  const several = new Set<number>()
  const answeringPods = new Set<number>()
  const addresses = new Set<number>()
  let failed = 0
  let started = 0
  let ok = 0
  let cut = 0
  let control = 0
  let probes = 0
  let lastEndUs = 0
  let lastStartUs = 0
  let fresh = 0
  let reused = 0
  let answers = 0
  let maxIdleUs = 0
  for (const block of requests.blocks(...FACT_COLUMNS)) {
    const { length, source, outcome, requestId, startUs, endUs, connectedUs, requestsOnConnection } = block
    const { idleUs, phase, pod, remoteAddress, connectionId, worker } = block
    for (let i = 0; i < length; i++) {
      const from = source[i]
      const start = startUs[i] ?? 0
      const end = endUs[i] ?? 0
      if (end > lastEndUs) lastEndUs = end
      if (from === CONTROL_PROBE) {
        control++
        continue
      }
      const isVuser = from === VUSER
      const isOk = outcome[i] === OK
      const used = requestsOnConnection[i] ?? 0
      const sampled = (requestId[i] ?? 0) % every === 0
      if (isVuser) {
        started++
        if (isOk) ok++
        else if (outcome[i] === CUT) cut++
        else if (outcome[i] === FAILED) failed++
        if (start > lastStartUs) lastStartUs = start
        if (used === 0) fresh++
        else reused++
        if (isOk && sampled) {
          latencies.push((end - start) / 1000)
          if (phase[i] === BASELINE) calm.push((end - start) / 1000)
        }
        const idle = idleUs[i] ?? -1
        if (isOk && used > 0 && idle >= 0) {
          if (idle > maxIdleUs) maxIdleUs = idle
          if (sampled) idles.push(idle / 1000)
        }
      } else if (from === FRESH_PROBE || from === REUSED_PROBE) probes++
      const connected = connectedUs[i] ?? -1
      if (isOk && sampled && used === 0 && connected >= start) connects.push((connected - start) / 1000)
      const address = remoteAddress[i] ?? 0
      if (address > 0) addresses.add(address)
      const name = pod[i] ?? 0
      if (!isOk || name === 0) continue
      answeringPods.add(name)
      if (used === 0) continue
      answers++
      const connection = (worker[i] ?? 0) * 4294967296 + (connectionId[i] ?? 0)
      const known = podOfConnection.get(connection)
      if (known === undefined) podOfConnection.set(connection, name)
      else if (known !== name) several.add(connection)
    }
  }
  return {
    started,
    ok,
    failed,
    cut,
    control,
    probes,
    lastEndMs: lastEndUs / 1000,
    lastStartMs: lastStartUs / 1000,
    roundTripMs: connects.length === 0 ? null : { p50: at(connects, 50), p95: at(connects, 95) },
    okMs: latencyOf(calm.length >= ENOUGH ? calm : latencies),
    okIdleMs: idles.length === 0 ? null : { p10: at(idles, 10), p90: at(idles, 90), max: maxIdleUs / 1000 },
    hasIdentity: answeringPods.size > 0,
    answersPerConnection: { several: several.size, onePod: podOfConnection.size - several.size, answers },
    answeringPods: [...answeringPods],
    addresses: [...addresses],
    fresh,
    reused,
  }
}

const latencyOf = (values: number[]): RowFacts['okMs'] =>
  values.length === 0
    ? null
    : { p5: at(values, 5), p50: at(values, 50), p90: at(values, 90), p999: at(values, 99.9) }

/** Sorts in place on first use; the arrays are this module's own. */
const at = (values: number[], percent: number): number => {
  values.sort((a, b) => a - b)
  return percentile(values, percent) ?? 0
}
