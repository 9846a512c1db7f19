import type { DrainDetail } from '../../model/detail.ts'
import { CONTROL_PROBE, FAILED, OK, VUSER } from '../codes.ts'
import { podDrains } from '../drain.ts'
import type { PodLine } from '../pod-line.ts'
import { POD_COLUMNS, type RowPods } from '../row-pods.ts'
import type { World } from '../world.ts'
import { binWidthMs, count } from './bins.ts'
import { type InFlight, inFlight } from './in-flight.ts'

/** What is shown before the termination and after the pod was gone: as long as its end took, within these. */
const LEAST_MS = 1500
const MOST_MS = 5000
const MOST_BINS = 120
const LEAST_BIN_MS = 20

interface Draft {
  readonly line: PodLine
  readonly termMs: number
  readonly fromMs: number
  readonly toMs: number
  readonly binMs: number
  readonly flying: InFlight
  /** Of requests that failed in the end. */
  readonly vain: InFlight
  readonly requests: Uint32Array
  readonly fresh: Uint32Array
  readonly failed: Uint32Array
  lastAnswerMs: number | null
  lastFailedMs: number | null
}

const draftOf = (line: PodLine, endMs: number): Draft | null => {
  if (line.terminating === null) return null
  const termMs = line.terminating.latest
  const goneMs = Math.max(termMs, line.deleted?.latest ?? line.exited?.latest ?? endMs)
  const margin = Math.min(MOST_MS, Math.max(LEAST_MS, goneMs - termMs))
  const fromMs = Math.max(0, termMs - margin)
  const toMs = Math.min(endMs, goneMs + margin)
  if (toMs <= fromMs) return null
  const binMs = binWidthMs(toMs - fromMs, MOST_BINS, LEAST_BIN_MS)
  const bins = Math.max(1, Math.ceil((toMs - fromMs) / binMs))
  return {
    line,
    termMs,
    fromMs,
    toMs,
    binMs,
    flying: inFlight(bins, binMs),
    vain: inFlight(bins, binMs),
    requests: new Uint32Array(bins),
    fresh: new Uint32Array(bins),
    failed: new Uint32Array(bins),
    lastAnswerMs: null,
    lastFailedMs: null,
  }
}

const later = (a: number | null, b: number): number => (a === null || b > a ? b : a)

const addRow = (draft: Draft, startMs: number, endMs: number, fresh: boolean, ok: boolean): void => {
  const from = startMs - draft.fromMs
  const under = ok ? draft.flying : draft.vain
  under.add(from, endMs - draft.fromMs)
  if (endMs >= draft.termMs && ok) draft.lastAnswerMs = later(draft.lastAnswerMs, endMs - draft.termMs)
  if (startMs < draft.fromMs || startMs >= draft.toMs) return
  count(draft.requests, from, draft.binMs)
  if (fresh) count(draft.fresh, from, draft.binMs)
}

/**
 * Traffic of each ending pod over time, by pod uid: of all sources but the control, as far as the rows name its pod.
 * vUser failures are added where the pod is known otherwise (connection kept to its pod, address).
 */
export const drainDetails = (world: World, podOf: RowPods): ReadonlyMap<string, DrainDetail> => {
  const { requests, timeline } = world
  const drafts = new Map<string, Draft>()
  for (const line of timeline.pods) {
    const draft = draftOf(line, timeline.endMs)
    if (draft !== null) drafts.set(line.ref.uid, draft)
  }
  if (drafts.size === 0) return new Map()
  for (const block of requests.blocks(...POD_COLUMNS, 'source', 'endUs', 'requestsOnConnection')) {
    for (let i = 0; i < block.length; i++) {
      const source = block.source[i]
      // Failures of vUsers come below, with what more is known of their pods.
      if (source === CONTROL_PROBE || (source === VUSER && block.outcome[i] === FAILED)) continue
      const line = podOf(block, i)
      const draft = line === null ? undefined : drafts.get(line.ref.uid)
      if (draft === undefined) continue
      const startMs = (block.startUs[i] ?? 0) / 1000
      const endMs = (block.endUs[i] ?? 0) / 1000
      if (endMs < draft.fromMs || startMs > draft.toMs) continue
      addRow(draft, startMs, endMs, block.requestsOnConnection[i] === 0, block.outcome[i] === OK)
    }
  }
  for (const failure of world.failures) {
    const draft = drafts.get(world.podOf(failure)?.line.ref.uid ?? '')
    if (draft === undefined || failure.endMs < draft.fromMs || failure.startMs > draft.toMs) continue
    addRow(draft, failure.startMs, failure.endMs, failure.fresh, false)
    count(draft.failed, failure.startMs - draft.fromMs, draft.binMs)
    if (failure.startMs >= draft.termMs)
      draft.lastFailedMs = later(draft.lastFailedMs, failure.startMs - draft.termMs)
  }
  const measured = new Map(podDrains(world).map((drain) => [drain.line.ref.uid, drain]))
  return new Map(
    [...drafts].map(([uid, draft]) => {
      const drain = measured.get(uid)
      return [
        uid,
        {
          newMs: drain?.newMs ?? null,
          censored: drain?.censored ?? false,
          reusedMs: drain?.reusedMs ?? null,
          lastFailedMs: draft.lastFailedMs,
          lastAnswerMs: draft.lastAnswerMs,
          fromMs: draft.fromMs,
          binMs: draft.binMs,
          inFlight: draft.flying.means(),
          inVain: draft.vain.means(),
          requests: [...draft.requests],
          newConnections: [...draft.fresh],
          failed: [...draft.failed],
        },
      ]
    }),
  )
}
