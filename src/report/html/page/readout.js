import { failureAt } from './data.js'
import { lifeOf, stateAt } from './life.js'
import { clock, count, countOf, latency, utc } from './text.js'

/** @typedef {import('./data.js').Data} Data */

/** @type {Record<string, string>} */
const STAGES = {
  pending: 'not scheduled',
  starting: 'starting',
  ready: 'ready',
  prestop: 'before SIGTERM',
  stopping: 'after SIGTERM',
  exited: 'exited',
}

/**
 * Load, latency and pods of a moment, as one line.
 * @param {Data} data
 * @param {number} ms
 */
export const momentText = (data, ms) => {
  const { binMs, ok, failed, p50Us, p99Us, inFlight } = data.series
  const bin = Math.floor(ms / binMs)
  const perSec = 1000 / binMs
  /** @type {Record<string, number>} */
  const stages = {}
  for (const pod of data.pods) {
    const part = lifeOf(pod, data.durationMs).find(({ from, to }) => ms >= from && ms < to)
    if (part !== undefined) stages[part.stage] = (stages[part.stage] ?? 0) + 1
  }
  const pods = Object.entries(STAGES)
    .filter(([stage]) => stages[stage] !== undefined)
    .map(([stage, text]) => `${stages[stage]} ${text}`)
  const flying = inFlight[bin]
  return [
    `${clock(ms, 1)} (${utc(data.startedAtMs, ms)} UTC): ${count((ok[bin] ?? 0) * perSec)} ok/s, ${count((failed[bin] ?? 0) * perSec)} failed/s`,
    `p50 ${latency(p50Us[bin])}, p99 ${latency(p99Us[bin])}`,
    ...(flying === undefined ? [] : [`${flying < 10 ? flying.toFixed(1) : count(flying)} in flight`]),
    ...(pods.length === 0 ? [] : [`pods: ${pods.join(', ')}`]),
  ].join('; ')
}

/**
 * What the page shows between two moments.
 * @param {Data} data
 * @param {number} from
 * @param {number} to
 * @param {number} failures
 */
export const spanText = (data, from, to, failures) =>
  `${clock(from, to - from < 20_000 ? 1 : 0)} to ${clock(to, to - from < 20_000 ? 1 : 0)} of the run: ${countOf(data.pods.length, 'pod')}, ${countOf(data.rollouts.length, 'rollout')}, ${countOf(failures, 'failure')}`

/**
 * What a lane is at a moment, for the box beside the pointer.
 * @param {Data} data
 * @param {number} lane
 * @param {number} ms
 */
export const laneText = (data, lane, ms) => {
  const pod = data.pods[lane]
  if (pod === undefined) return ['of no known pod']
  const part = lifeOf(pod, data.durationMs).find(({ from, to }) => ms >= from && ms < to)
  const endpoint = stateAt(pod.endpoint, ms)
  const target = stateAt(pod.target, ms)
  return [
    pod.name,
    part === undefined ? 'not there' : `${part.words}, ${clock(part.from, 1)} to ${clock(part.to, 1)}`,
    ...(endpoint === null ? [] : [`endpoint ${endpoint}`]),
    ...(target === null ? [] : [`target ${target}`]),
  ]
}

/**
 * The failures of a mark in words.
 * @param {Data} data
 * @param {Float64Array} starts
 * @param {readonly number[]} failures
 */
export const markText = (data, starts, failures) => {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const i of failures) {
    const one = failureAt(data, starts, i)
    const name = `${one.kind} (${one.label})`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const from = starts[failures[0] ?? 0] ?? 0
  return `${countOf(failures.length, 'failure')} from ${clock(from, 3)}: ${[...counts].map(([name, n]) => `${n} ${name}`).join(', ')}`
}
