import type { RequestRows } from '../model/request-rows.ts'
import { OK, VUSER } from './codes.ts'
import { percentile } from './statistics/percentile.ts'

/** How much longer than usual requests took that were under way at some time of the span, ms; `null` = none was. */
export type LatencyNoise = (fromMs: number, toMs: number) => number | null

const STEP_MS = 50

/**
 * Measures what machines that are busy add to every request: of each good answer to a vUser, its time beyond the median
 * of its template; of every request, how much later than intended it was sent. What passes through the same machines at
 * the same time, such as a refusal that a proxy passes on, is delayed by as much. Reads the rows when it is first asked.
 */
export const latencyNoise = (requests: RequestRows): LatencyNoise => {
  let worst: ReadonlyMap<number, number> | null = null
  return (fromMs, toMs) => {
    worst ??= worstBySteps(requests)
    let most: number | null = null
    for (let step = Math.floor(fromMs / STEP_MS); step <= Math.floor(toMs / STEP_MS); step++) {
      const here = worst.get(step)
      if (here !== undefined) most = Math.max(most ?? 0, here)
    }
    return most
  }
}

/** A request that is sent this late was held up by our own machine. */
const LATE_MS = 20

/** By steps of the run's time, the most that a request under way then was held up, ms. */
const worstBySteps = (requests: RequestRows): ReadonlyMap<number, number> => {
  const usual = usualMs(requests)
  const worst = new Map<number, number>()
  for (const block of requests.blocks('source', 'startUs', 'endUs', 'intendedUs', 'outcome', 'template')) {
    for (let i = 0; i < block.length; i++) {
      if (block.source[i] !== VUSER) continue
      const startMs = (block.startUs[i] ?? 0) / 1000
      const endMs = (block.endUs[i] ?? 0) / 1000
      const lateMs = startMs - (block.intendedUs[i] ?? 0) / 1000
      if (block.outcome[i] !== OK && lateMs < LATE_MS) continue
      const overMs = endMs - startMs - (usual.get(block.template[i] ?? 0) ?? 0)
      const excess = Math.max(0, lateMs, block.outcome[i] === OK ? overMs : 0)
      for (let step = Math.floor(startMs / STEP_MS); step <= Math.floor(endMs / STEP_MS); step++)
        if (excess >= (worst.get(step) ?? 0)) worst.set(step, excess)
    }
  }
  return worst
}

/** At most so many values are kept; beyond, every k-th by request id, so that order plays no part. */
const SAMPLE = 200_000

/** The median of good answers by template, ms. */
const usualMs = (requests: RequestRows): ReadonlyMap<number, number> => {
  const values = new Map<number, number[]>()
  const every = Math.max(1, Math.ceil(requests.length / SAMPLE))
  for (const block of requests.blocks('source', 'outcome', 'requestId', 'template', 'startUs', 'endUs')) {
    for (let i = 0; i < block.length; i++) {
      if (block.source[i] !== VUSER || block.outcome[i] !== OK) continue
      if ((block.requestId[i] ?? 0) % every !== 0) continue
      const template = block.template[i] ?? 0
      const list = values.get(template) ?? []
      list.push(((block.endUs[i] ?? 0) - (block.startUs[i] ?? 0)) / 1000)
      values.set(template, list)
    }
  }
  return new Map(
    [...values].map(([template, list]) => [
      template,
      percentile(
        list.toSorted((a, b) => a - b),
        50,
      ) ?? 0,
    ]),
  )
}
