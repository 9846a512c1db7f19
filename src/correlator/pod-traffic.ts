import { createHistogram, type LatencyHistogram } from '../kernel/histogram.ts'
import { FAILURE_KINDS } from '../model/outcome.ts'
import type { RequestRows } from '../model/request-rows.ts'
import { CONTROL_PROBE, OK } from './codes.ts'
import type { PodIndex } from './pod-index.ts'
import type { PodLine } from './pod-line.ts'
import { directAddresses, POD_COLUMNS, rowPods, uniqueLines } from './row-pods.ts'

/** For how long after Ready a pod counts as young. */
export const YOUTH_MS = 30_000
/** "Shortly before its termination", for coverage. */
export const SHORTLY_MS = 5000

/** What the rows say of one pod, by its name in the answers or its address. Times are ms since run start. */
export interface PodTraffic {
  readonly line: PodLine
  /** Requests known to have gone to it, answered or not. */
  requests: number
  /** On fresh connections, in the last 5 s before its termination can have begun. */
  freshBefore: number
  /** Good answers in the last 5 s before its termination. */
  answeredBefore: number
  /** Good answers of its own after it was ready and before its termination. */
  answeredReady: number
  /** End of its first good answer: by then it listened. (Its start may lie before the pod: a proxy tried others first.) */
  firstOkEndMs: number | null
  /** Start of the last request on a fresh connection that it answered. */
  lastFreshOkMs: number | null
  /** Start of the last request on a used connection that it answered. */
  lastReusedOkMs: number | null
  /** Start of the last attempt on a fresh connection to its address, whatever came of it. */
  lastAttemptMs: number | null
  /** Start of the last request that began after SIGTERM was certainly delivered, and that it answered well. */
  lastAcceptedAfterSigtermMs: number | null
  acceptedAfterSigterm: number
  /** Last attempt that its address refused: its listener was closed then. */
  lastRefusedMs: number | null
  readonly youngUs: LatencyHistogram
  readonly matureUs: LatencyHistogram
}

const REFUSED = FAILURE_KINDS.indexOf('connect-refused') + 1

const later = (a: number | null, b: number): number => (a === null || b > a ? b : a)

/** What the rows of all sources but `control` say of each pod; needs identity or direct addresses. */
export const podTraffic = (requests: RequestRows, index: PodIndex): ReadonlyMap<string, PodTraffic> => {
  const all = new Map<string, PodTraffic>()
  const of = (line: PodLine): PodTraffic => {
    const known = all.get(line.ref.uid)
    if (known !== undefined) return known
    const traffic: PodTraffic = {
      line,
      requests: 0,
      freshBefore: 0,
      answeredBefore: 0,
      answeredReady: 0,
      firstOkEndMs: null,
      lastFreshOkMs: null,
      lastReusedOkMs: null,
      lastAttemptMs: null,
      lastAcceptedAfterSigtermMs: null,
      acceptedAfterSigterm: 0,
      lastRefusedMs: null,
      youngUs: createHistogram(),
      matureUs: createHistogram(),
    }
    all.set(line.ref.uid, traffic)
    return traffic
  }
  const podOf = rowPods(requests, index)
  const direct = directAddresses(requests, index)
  for (const block of requests.blocks(...POD_COLUMNS, 'source', 'kind', 'requestsOnConnection', 'endUs')) {
    for (let i = 0; i < block.length; i++) {
      if (block.source[i] === CONTROL_PROBE) continue
      const startMs = (block.startUs[i] ?? 0) / 1000
      const isOk = block.outcome[i] === OK
      const isDirect = direct[block.remoteAddress[i] ?? 0] === true
      const fresh = (block.requestsOnConnection[i] ?? 0) === 0
      const line = podOf(block, i)
      if (line === null) continue
      const traffic = of(line)
      traffic.requests++
      if (fresh && isDirect) {
        traffic.lastAttemptMs = later(traffic.lastAttemptMs, startMs)
        if (block.kind[i] === REFUSED) traffic.lastRefusedMs = later(traffic.lastRefusedMs, startMs)
      }
      if (!isOk) continue
      const term = line.terminating
      if (fresh) traffic.lastFreshOkMs = later(traffic.lastFreshOkMs, startMs)
      else traffic.lastReusedOkMs = later(traffic.lastReusedOkMs, startMs)
      const endMs = (block.endUs[i] ?? 0) / 1000
      if (traffic.firstOkEndMs === null || endMs < traffic.firstOkEndMs) traffic.firstOkEndMs = endMs
      if (term !== null && startMs >= term.earliest - SHORTLY_MS && startMs <= term.latest) {
        traffic.answeredBefore++
        if (fresh) traffic.freshBefore++
      }
      if (line.ready !== null && endMs >= line.ready.earliest && (term === null || startMs <= term.latest))
        traffic.answeredReady++
      if (line.sigterm !== null && startMs > line.sigterm.latest) {
        traffic.acceptedAfterSigterm++
        traffic.lastAcceptedAfterSigtermMs = later(traffic.lastAcceptedAfterSigtermMs, startMs)
      }
      if (line.ready === null || line.ready.latest <= 0) {
        if (term === null || startMs < term.earliest) traffic.matureUs.record((endMs - startMs) * 1000)
      } else if (startMs <= line.ready.latest + YOUTH_MS) traffic.youngUs.record((endMs - startMs) * 1000)
      else traffic.matureUs.record((endMs - startMs) * 1000)
    }
  }
  return all
}

/** The pod that an entry of `strings` names at a time: by its name, else by its address. */
export const linesOfStrings = (
  requests: RequestRows,
  index: PodIndex,
): ((code: number, atMs: number) => PodLine | null) => {
  const unique = uniqueLines(requests, index)
  const direct = directAddresses(requests, index)
  return (code, atMs) => {
    if (code === 0) return null
    const text = requests.strings[code] ?? ''
    return unique[code] ?? (direct[code] === true ? index.byAddress(text, atMs) : index.byName(text, atMs))
  }
}
