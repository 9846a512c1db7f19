import type { EndpointState, PodLine } from './pod-line.ts'
import type { Timeline } from './timeline.ts'

/** How many endpoints may have had a state at a moment; `null` when no endpoint was ever seen. */
export interface EndpointCount {
  /** Could have been in the state. 0 proves that none was. */
  readonly possible: number
  /** Were in it beyond doubt. */
  readonly certain: number
}

const count = (
  timeline: Timeline,
  atMs: number,
  holds: (state: EndpointState, line: PodLine) => boolean,
): EndpointCount | null => {
  let seen = false
  let possible = 0
  let certain = 0
  for (const line of timeline.pods) {
    if (line.endpoint.length === 0) continue
    seen = true
    let maybe = false
    let surely = false
    line.endpoint.forEach((state, i) => {
      if (!holds(state, line)) return
      const next = line.endpoint[i + 1]
      if (state.earliest <= atMs && (next === undefined || next.latest >= atMs)) maybe = true
      if (state.latest <= atMs && (next === undefined || next.earliest > atMs)) surely = true
    })
    if (maybe) possible++
    if (surely) certain++
  }
  return seen ? { possible, certain } : null
}

/** Endpoints that new connections may be sent to by kube-proxy: ready, else serving though terminating (KEP-1669). */
export const servingAt = (timeline: Timeline, atMs: number): EndpointCount | null =>
  count(timeline, atMs, (state) => state.present && (state.ready || state.serving))

export const readyAt = (timeline: Timeline, atMs: number): EndpointCount | null =>
  count(timeline, atMs, (state) => state.present && state.ready)
